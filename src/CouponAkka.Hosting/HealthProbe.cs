using System.Globalization;
using CouponAkka.Hosting.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting;

/// <summary>Asks a process of ours whether it is well: for container images, which have no other program that could.</summary>
public static class HealthProbe
{
    /// <summary>
    /// The program's argument that asks for it; the address of the running process follows. Where the settings that it shares with that process name
    /// addresses for operators, it asks there.
    /// </summary>
    public const string Argument = "--check-health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The exit code if the arguments ask for a probe: 0 if the process can issue, else 1. Null if they do not.</summary>
    public static async Task<int?> RunAsync(string[] args)
    {
        if (args is not [Argument, var url])
            return null;
        try
        {
            url = AddressFor(url);
            using var http = new HttpClient { Timeout = Patience };
            using var response = await http.GetAsync(new Uri(new Uri(url), "/health/ready"));
            Console.WriteLine(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failure) when (failure
            is HttpRequestException or TaskCanceledException or UriFormatException or DirectoryNotFoundException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    private static string AddressFor(string url)
    {
        using var settings = new ConfigurationManager();
        settings.AddEnvironmentVariables();
        settings.AddSecretFiles();
        if (Management.AddressesIn(settings) is not [var management, ..])
            return url;
        var host = management.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : management.Host;
        return $"{management.Scheme}://{host}:{management.Port.ToString(CultureInfo.InvariantCulture)}";
    }
}
