namespace CouponAkka.Deployment.Tests;

/// <summary>The manifests of <c>k8s</c>, as they are applied.</summary>
internal static class Manifests
{
    public static async Task<IReadOnlyList<Yaml>> ObjectsAsync(string overlay) => Yaml.ParseAll(await RenderAsync(overlay));

    public static async Task<string> RenderAsync(string overlay) =>
        (await RunningProcess.RunAsync("kubectl", "kustomize", Repository.At("k8s", overlay))).Succeeded();
}
