namespace CouponAkka.Api.Http;

/// <summary>Asks a process of ours whether it is well: for container images, which have no other program that could.</summary>
public static class HealthProbe
{
    /// <summary>The program's argument that asks for it; the address of the running process follows.</summary>
    public const string Argument = "--check-health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The exit code if the arguments ask for a probe: 0 if the process can issue, else 1. Null if they do not.</summary>
    public static async Task<int?> RunAsync(string[] args)
    {
        if (args is not [Argument, var url])
            return null;
        try
        {
            using var http = new HttpClient { Timeout = Patience };
            using var response = await http.GetAsync(new Uri(new Uri(url), "/health/ready"));
            Console.WriteLine(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }
}
