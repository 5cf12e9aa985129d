using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.ReadModel;
using MySqlConnector;

namespace CouponAkka.Sharded.Operations;

/// <summary>What an operator can ask any member of the cluster for, as lines of text.</summary>
internal sealed class OperatorCommands(CouponDatabase database, IActorRef region)
{
    private const int MostCoupons = 100;

    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(5);

    /// <summary>How a coupon stands, by itself and by the read model.</summary>
    /// <exception cref="CommandFailedException">The coupon does not answer in time, or the database can't be asked.</exception>
    public async Task<string> CouponStatusAsync(long couponId)
    {
        var request = new CouponRequest(couponId, RequestNumber.Next(), [GetStatus.Instance]);
        CouponAnswers answers;
        try
        {
            answers = await region.Ask<CouponAnswers>(request, AnswerExpected);
        }
        catch (AskTimeoutException cause)
        {
            throw new CommandFailedException($"Coupon {couponId} has not answered within {AnswerExpected.TotalSeconds} s.", cause);
        }

        return answers.Replies[0] switch
        {
            StatusIs { Status: var status } => string.Join('\n', Describe(status), await DescribeReadModelAsync(couponId)),
            Refused { Reason: RefusalReason.CouponNotExist } => $"Coupon {couponId} does not exist.",
            var other => throw new CommandFailedException($"Coupon {couponId} can't answer now: {other}."),
        };
    }

    /// <summary>The coupons of the read model after one of them, by id, a line each.</summary>
    /// <exception cref="CommandFailedException">The database can't be asked.</exception>
    public async Task<string> CouponListAsync(long afterCouponId)
    {
        var coupons = await ListAsync(database, afterCouponId, MostCoupons);
        var lines = coupons.Select(coupon =>
            $"{coupon.CouponId}: {Quantity(coupon.IssuedQuantity, coupon.Policy.TotalQuantity)}, {coupon.Policy.Title}");
        return coupons.Count switch
        {
            0 => "There are none.",
            MostCoupons => string.Join('\n', lines.Append($"… and perhaps more: after {coupons[^1].CouponId}")),
            _ => string.Join('\n', lines),
        };
    }

    /// <summary>How far the read model follows the journal.</summary>
    /// <exception cref="CommandFailedException">The database can't be asked.</exception>
    public async Task<string> ProjectionStatusAsync()
    {
        var report = await AskAsync(() => ProjectionReport.ReadAsync(database, CancellationToken.None));
        IEnumerable<string> lines =
        [
            $"{report.EventsBehind} events behind: projected up to {report.Position} of {report.JournalEnd}, epoch {report.Epoch}",
            .. report.Parked.Select(parked => $"coupon {parked.CouponId} is parked after its event {parked.SequenceNumber}: {parked.Because}"),
            .. report.ParkedEntities.Select(parked => $"{parked.Kind} {parked.Id} is parked after its event {parked.SequenceNumber}: {parked.Because}"),
        ];
        return string.Join('\n', lines);
    }

    /// <summary>Empties the read model, which the projection then rebuilds.</summary>
    /// <exception cref="CommandFailedException">The database can't be asked. Nothing was emptied.</exception>
    public Task<string> ProjectionRebuildAsync() => AskAsync(async () =>
    {
        await Rebuild.RunAsync(database);
        return "The read model is empty; the cluster rebuilds it from the journal.";
    });

    private async Task<string> DescribeReadModelAsync(long couponId) =>
        await ListAsync(database, couponId - 1, 1) is [var view] && view.CouponId == couponId
            ? $"read model: {Quantity(view.IssuedQuantity, view.Policy.TotalQuantity)}, {view.Policy.Title}"
            : "read model: not there yet";

    private static Task<IReadOnlyList<CouponView>> ListAsync(CouponDatabase database, long afterCouponId, int limit) =>
        AskAsync(() => new MySqlReadModel(database, TimeProvider.System).ListCouponsAsync(afterCouponId, limit, CancellationToken.None).AsTask());

    private static string Describe(CouponStatus status) =>
        $"coupon {status.CouponId}: {status.State}, {Quantity(status.IssuedQuantity, status.TotalQuantity)}, "
        + $"shard {EntityMessageExtractor.ShardOf(status.CouponId)}";

    private static string Quantity(long issued, long? total) => total is null ? $"{issued} issued, without limit" : $"{issued} of {total} issued";

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception cause) when (cause is MySqlException or ReadModelUnavailableException or StartupException)
        {
            throw new CommandFailedException($"The database can't be asked: {cause.Message}", cause);
        }
    }
}

/// <summary>A command can't be carried out now; the message says why.</summary>
internal sealed class CommandFailedException(string message, Exception? cause = null) : Exception(message, cause);
