using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Domain.Tests;
using CouponAkka.Domain.Tests.Orders;
using CouponAkka.Engine.Products;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Tests.Projecting;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Engine.Tests.Products;

/// <summary>Products as engines have them: listed by documents, and several orders' stock in one row.</summary>
public sealed class ProductKindTests
{
    private const long ProductId = 7;

    private static readonly ProductCreated Created = new("A", 900, 10, new(1));
    private static readonly StockReserved Reserved = new([new(1, 3), new(2, 1)], 900, new(2));
    private static readonly StockSold Sold = new([new(1, 3)], new(3));

    [Fact]
    public void Lists_show_a_product_as_it_says_of_itself_wherever_its_events_are_cut_into_batches_or_joined() => Properties.Hold(
        Arb.From(Gen.Choose(0, 1_000_000)),
        Arb.Array(Arb.From(Gen.Choose(1, 4))),
        (seed, cuts) =>
        {
            var shop = new Shop(seed);
            shop.Trade(100);

            foreach (var id in (long[])[1, 2])
            {
                var events = shop.EventsOf(OrderReactions.Product, id);
                Assert.Equal(shop.Product(id), ProductDocument.ReadProduct(Cuts.Fold(ProductKind.Instance, id, events, cuts).Json!));
                Assert.Equal(
                    shop.Product(id), ProductDocument.ReadProduct(Cuts.Fold(ProductKind.Instance, id, ProductKind.Instance.Coalesce(events), cuts).Json!));
            }
        });

    public static TheoryData<string> Contradictions => [.. Impossible.Keys];

    private static Dictionary<string, Event> Impossible => new()
    {
        ["created twice"] = Created,
        ["more reserved than there is"] = new StockReserved([new(3, 7)], 900, new(4)),
        ["more sold than is reserved"] = new StockSold([new(2, 2)], new(4)),
        ["more released than is reserved"] = new StockReleased([new(2, 2)], new(4)),
        ["what happened to another kind"] = new IssuingStopped(new(4)),
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void What_contradicts_the_list_is_refused(string what)
    {
        var view = ViewOf(Created, Reserved, Sold);

        Assert.Throws<InvalidEventException>(() => ProductKind.Instance.ViewOf(ProductId, view.ToJson()).Apply(Impossible[what]));
    }

    [Fact]
    public void Nothing_happens_to_a_product_before_it_is_created() =>
        Assert.All((Event[])[Reserved, Sold, new ProductChanged("B", 1, new(1)), new Restocked(1, null, new(1))], happened =>
            Assert.Throws<InvalidEventException>(() => ProductKind.Instance.ViewOf(ProductId, null).Apply(happened)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("no name")]
    public void A_damaged_document_is_refused(string damage)
    {
        var json = damage == "no name" ? ViewOf(Created).ToJson()!.Replace("\"A\"", "null", StringComparison.Ordinal) : damage;

        Assert.Throws<UnreadableMessageException>(() => ProductKind.Instance.ViewOf(ProductId, json));
    }

    /// <summary>They stand in read models: one that changes needs a rebuild.</summary>
    [Fact]
    public void A_document_is_as_it_always_was()
    {
        var view = ViewOf(Created, Reserved, Sold, new Restocked(5, null, new(4)));

        Assert.Equal(
            """{"productId":7,"name":"A","price":900,"available":11,"reserved":1,"sold":3"""
            + ""","dateCreated":{"unixMicroseconds":1},"dateUpdated":{"unixMicroseconds":4}}""",
            view.ToJson());
        Assert.Empty(view.Lines);
    }

    [Fact]
    public void What_an_order_asks_is_asked_again_where_its_answer_is_lost_and_a_question_is_not()
    {
        Assert.Equal(ProductKind.Instance.OutcomeUnknown, ProductKind.Instance.Lost(new ReserveStock(1, 1)));
        Assert.Equal(ProductKind.Instance.Unavailable, ProductKind.Instance.Lost(GetProduct.Instance));
        // What comes over the wire is still known for what it is.
        foreach (var reply in (Reply[])[ProductKind.Instance.OutcomeUnknown, ProductKind.Instance.Unavailable])
            Assert.Equal(reply, ProductKind.Instance.Messages.DecodeReply(ProductId, ProductKind.Instance.Messages.Encode(reply)));
    }

    [Fact]
    public void A_product_comes_back_from_the_bytes_of_its_snapshot_with_the_id_it_is_asked_by()
    {
        var entity = ProductKind.Instance.New(ProductId);
        foreach (var happened in (Event[])[Created, Reserved, Sold])
            entity.Evolve(happened);
        var bytes = ProductKind.Instance.EncodeSnapshot(entity.TakeSnapshot());

        // As the cluster reads it, which does not know yet whose it is.
        var back = ProductKind.Instance.From(ProductId, ProductKind.Instance.DecodeSnapshot(0, 0, bytes));

        Assert.Equal(entity.Decide(GetProduct.Instance, default), back.Decide(GetProduct.Instance, default));
        Assert.Null(back.Decide(new ReserveStock(1, 3), new(9)).Event);
        Assert.Equal(new StockReleased([new(2, 1)], new(9)), back.Decide(new ReleaseStock(2), new(9)).Event);
    }

    private static ProductDocument ViewOf(params Event[] events)
    {
        var view = ProductKind.Instance.ViewOf(ProductId, null);
        foreach (var happened in events)
            view.Apply(happened);
        return view;
    }
}
