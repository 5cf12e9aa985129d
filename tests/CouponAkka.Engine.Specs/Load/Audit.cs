namespace CouponAkka.Engine.Specs.Load;

/// <summary>Compares what people were told about a coupon with what its entity and the read model say.</summary>
public static class Audit
{
    private const int QuestionsAtOnce = 32;

    /// <summary>Promises 3 and 6: the entity still knows every unit that anyone was told of, as it was told.</summary>
    public static async Task NothingToldIsMissingAsync(CouponClient client, Crowd crowd)
    {
        await InParallelAsync(crowd.History.Told().Values, async told =>
        {
            var held = await client.FindIssueAsync(crowd.CouponId, told.UserId);
            if (held?.AsIssued() != told)
                Assert.Fail($"Promises 3 and 6: {told} was told, and now the entity says {held?.ToString() ?? "that there is none"}");
        });
    }

    /// <summary>
    /// Promises 1 … 4 and 6 … 8, once everyone knows what they have: what was told, what the entity holds and what the
    /// read model shows are the same.
    /// </summary>
    /// <returns>The rows of the read model, by ticket.</returns>
    public static async Task<IReadOnlyList<Issue>> EverythingAgreesAsync(CouponClient client, Crowd crowd)
    {
        crowd.History.AssertEveryUnknownResolved();
        crowd.History.AssertNoHolderIsRefused();
        crowd.History.AssertTicketsFollowTime();
        await NothingToldIsMissingAsync(client, crowd);

        var status = await client.StatusAsync(crowd.CouponId);
        Assert.True(!(status.IssuedQuantity > status.TotalQuantity), $"Promise 1: {status}");
        var rows = await QuietRowsAsync(client, crowd.CouponId);
        Assert.Equal(crowd.History.Told().Values.OrderBy(issue => issue.Ticket), rows.Select(row => row.AsIssued()));
        return rows;
    }

    /// <summary><see cref="EverythingAgreesAsync"/>, and promise 5 for a total that nobody changed and that is sold out.</summary>
    public static async Task EverythingAgreesAndIsSoldOutAsync(CouponClient client, Crowd crowd, long totalQuantity)
    {
        crowd.History.AssertSoldOutIsFinal(totalQuantity);
        var rows = await EverythingAgreesAsync(client, crowd);
        Assert.Equal(totalQuantity, rows.Count);
        Assert.Equal(new Status(crowd.CouponId, "SOLD_OUT", totalQuantity, totalQuantity, 0), await client.StatusAsync(crowd.CouponId));
    }

    /// <summary>
    /// Promise 4: waits until the read model has caught up with the entity, and returns its rows. There are as many as
    /// issued, one per user, with the tickets 1 … N.
    /// </summary>
    public static async Task<IReadOnlyList<Issue>> QuietRowsAsync(CouponClient client, long couponId)
    {
        var issued = (await client.StatusAsync(couponId)).IssuedQuantity;
        await Eventually.ReadAsync(
            $"the read model has coupon {couponId} with {issued} issued",
            () => client.FindCouponAsync(couponId),
            coupon => coupon?.IssuedQuantity >= issued);
        Assert.Equal(issued, (await client.FindCouponAsync(couponId))!.IssuedQuantity);
        var rows = await client.ListIssuesAsync(couponId);
        Assert.Equal(Enumerable.Range(1, (int)issued).Select(ticket => (long)ticket), rows.Select(row => row.Ticket));
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.UserId).Count());
        return rows;
    }

    public static Task InParallelAsync<T>(IEnumerable<T> items, Func<T, Task> ask) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = QuestionsAtOnce }, async (item, _) => await ask(item));
}
