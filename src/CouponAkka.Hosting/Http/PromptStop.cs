using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Http;

/// <summary>
/// Ends the connections that would keep a process from stopping. Kestrel waits for whoever has begun to send, also for who never ends; here they
/// are waited for until all that is worked on is answered, and for a moment in which the answers leave.
/// </summary>
internal sealed class PromptStop(IHostApplicationLifetime lifetime, IServiceProvider services) : IConfigureOptions<KestrelServerOptions>
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = [];

    public void Configure(KestrelServerOptions options)
    {
        options.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => FollowAsync(connection, next)));
        lifetime.ApplicationStopping.Register(() => _ = EndAllAsync());
    }

    private async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        _open[connection] = true;
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    }

    private async Task EndAllAsync()
    {
        var work = services.GetService<IWorkInProgress>();
        var clock = TimeProvider.System;
        var quietSince = clock.GetTimestamp();
        var begun = work?.Begun;
        while (true)
        {
            await Task.Delay(LookInterval);
            if (work is not null && (work.IsWorking || work.Begun != begun))
            {
                begun = work.Begun;
                quietSince = clock.GetTimestamp();
            }
            else if (clock.GetElapsedTime(quietSince) >= Moment && work?.TryClose() != false)
            {
                break;
            }
        }

        foreach (var connection in _open.Keys)
            connection.Abort(new ConnectionAbortedException("The process stops."));
    }
}

/// <summary>The requests that a stopping process lets end.</summary>
public interface IWorkInProgress
{
    /// <summary>How many requests have been begun so far.</summary>
    long Begun { get; }

    /// <summary>Some request is worked on, or waits for that.</summary>
    bool IsWorking { get; }

    /// <summary>Lets nothing be begun any more; false if something is worked on.</summary>
    bool TryClose();
}
