using CouponAkka.Domain;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Notifying.Webhooks;

/// <summary>
/// Posts notifications to webhooks, in their order and at least once each: to one after the other that takes them, and again to who does not, ever more
/// rarely. Webhooks do not wait for one another.
/// </summary>
public sealed partial class WebhookDispatcher(
    IWebhookDeliveries webhooks, NotificationFeed feed, IWebhookSender sender, TimeProvider clock, ILogger<WebhookDispatcher> log)
{
    private const int AtOnce = 100;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SavedAtLeastEvery = TimeSpan.FromSeconds(1);

    /// <summary>Posts until <paramref name="stop"/>, and then saves what has been taken.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var lanes = new Dictionary<long, Lane>();
        string? said = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(lanes, await webhooks.ListAsync(stop), stop);
                said = null;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // Said once for each trouble, which may last for hours. Those that are known go on.
                if (said != failure.Message)
                    LogNotListed(failure);
                said = failure.Message;
            }

            await Task.Delay(Look, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(lanes.Values.Select(lane => lane.EndAsync()));
    }

    private async Task FollowAsync(Dictionary<long, Lane> lanes, IReadOnlyList<Webhook> listed, CancellationToken stop)
    {
        foreach (var (id, gone) in lanes.Where(lane => lane.Value.HasEnded || listed.All(webhook => webhook.Id != lane.Key)).ToList())
        {
            lanes.Remove(id);
            await gone.EndAsync();
        }

        foreach (var webhook in listed.Where(webhook => !lanes.ContainsKey(webhook.Id)))
            lanes.Add(webhook.Id, new Lane(ending => PostAllAsync(webhook, ending), stop));
    }

    private async Task PostAllAsync(Webhook webhook, CancellationToken stop)
    {
        var progress = new Progress(webhook.State);
        string? said = null;
        using var following = feed.Follow();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!await PostNextAsync(webhook, progress, stop))
                    return;
                said = null;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // Said once for each trouble, which may last for hours.
                if (said != failure.Message)
                    LogFailed(failure, webhook.Id);
                said = failure.Message;
                await Task.Delay(FirstRetry, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        try
        {
            await SaveAsync(webhook, progress);
        }
        catch (Exception failure)
        {
            LogNotSaved(failure, webhook.Id);
        }
    }

    // False if it is for nobody here to post to any more.
    private async Task<bool> PostNextAsync(Webhook webhook, Progress progress, CancellationToken stop)
    {
        foreach (var notification in await feed.NextAsync(progress.State.Delivered, AtOnce, stop))
        {
            if (webhook.Wants(notification.Line.Kind) && !await PostAsync(webhook, progress, notification, stop))
                return false;
            progress.State = progress.State with { Delivered = notification.N };
            if (clock.GetElapsedTime(progress.SavedAt) >= SavedAtLeastEvery && !await SaveAsync(webhook, progress))
                return false;
        }

        return await SaveAsync(webhook, progress);
    }

    private async Task<bool> PostAsync(Webhook webhook, Progress progress, Notification notification, CancellationToken stop)
    {
        for (var retry = FirstRetry; await sender.PostAsync(webhook, notification, stop) is { } error; retry = Longer(retry))
        {
            var now = Timestamp.From(clock.GetUtcNow());
            if (progress.State.FailingSince is null)
                LogFailing(webhook.Id, notification.N, error);
            progress.State = progress.State with { FailingSince = progress.State.FailingSince ?? now, LastError = error, NextTry = now.Plus(retry) };
            if (!await SaveAsync(webhook, progress))
                return false;
            await Task.Delay(retry, clock, stop);
        }

        if (progress.State.FailingSince is not null)
            LogTakes(webhook.Id, notification.N);
        progress.State = progress.State with { FailingSince = null, NextTry = null };
        return true;
    }

    // Also of one who is asked to stop: what was taken need not be posted again.
    private async ValueTask<bool> SaveAsync(Webhook webhook, Progress progress)
    {
        var state = progress.State;
        if (!await webhooks.SaveAsync(webhook.Id, state, CancellationToken.None))
            return false;
        progress.SavedAt = clock.GetTimestamp();
        return true;
    }

    private static TimeSpan Longer(TimeSpan retry) => retry * 2 < LongestRetry ? retry * 2 : LongestRetry;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Webhook {Id} does not take notification {N}: {Error} It is posted again, ever more rarely, and those after it wait; "
            + "GET /webhooks says how it fares.")]
    private partial void LogFailing(long id, long n, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {Id} has taken notification {N}, and goes on.")]
    private partial void LogTakes(long id, long n);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Nothing can be posted to webhook {Id}; trying again each second, and saying no more of it until that changes.")]
    private partial void LogFailed(Exception failure, long id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far webhook {Id} is can't be saved: what it took in the last second is posted again.")]
    private partial void LogNotSaved(Exception failure, long id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhooks can't be read; trying again each second, and saying no more of it until that changes.")]
    private partial void LogNotListed(Exception failure);

    private sealed class Progress(WebhookState state)
    {
        public WebhookState State { get; set; } = state;

        public long SavedAt { get; set; }
    }

    /// <summary>One webhook's own task.</summary>
    private sealed class Lane
    {
        private readonly CancellationTokenSource _end;
        private readonly Task _posting;

        public Lane(Func<CancellationToken, Task> post, CancellationToken stop)
        {
            _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var ending = _end.Token;
            _posting = Task.Run(() => post(ending), CancellationToken.None);
        }

        public bool HasEnded => _posting.IsCompleted;

        public async Task EndAsync()
        {
            await _end.CancelAsync();
            await _posting;
            _end.Dispose();
        }
    }
}
