using CouponAkka.Engine.Notifying.Webhooks;

namespace CouponAkka.Engine.Ports;

/// <summary>The webhooks that there are. While they can't be asked for, each of these throws <see cref="ReadModelUnavailableException"/>.</summary>
public interface IWebhooks
{
    /// <summary>One more, durable, to which everything is posted from now on; null if there are as many as there can be.</summary>
    ValueTask<Webhook?> AddAsync(string url, IReadOnlyList<string>? kinds, string secret, CancellationToken cancel);

    /// <summary>All, by id.</summary>
    ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel);

    /// <summary>False if there is none with this id.</summary>
    ValueTask<bool> RemoveAsync(long id, CancellationToken cancel);
}

/// <summary>The same for who posts to them.</summary>
public interface IWebhookDeliveries
{
    /// <inheritdoc cref="IWebhooks.ListAsync"/>
    ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel);

    /// <summary>False, and nothing is saved, if it has been removed, or somebody else has begun to post.</summary>
    ValueTask<bool> SaveAsync(long id, WebhookState state, CancellationToken cancel);
}
