using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Contracts.Tests;

/// <summary>What holds of every message of a kind of entity, in its journal and on the wire. A kind brings its messages and its codecs.</summary>
public abstract class EntityCodecTests<TEvent, TCommand, TReply>
    where TEvent : Domain.Event
    where TCommand : Domain.Command
    where TReply : Domain.Reply
{
    protected const string Snapshot = "snapshot";
    protected const long SequenceNumber = 42;

    // Field 1000, which no message has: a number (7) and then a text ("new").
    private static readonly byte[] FieldsOfTheFuture = Convert.FromHexString("C03E07C23E036E6577");

    /// <summary>With which the names of its events begin, and of no other kind's.</summary>
    protected abstract char Letter { get; }

    /// <summary>Every message with its manifest and its bytes as released. This list only grows.</summary>
    protected abstract IReadOnlyList<(object Message, string Manifest, string Hex)> Released { get; }

    /// <summary>Messages that can't be, by what is wrong with them.</summary>
    protected abstract IReadOnlyDictionary<string, object> Impossible { get; }

    /// <summary>Messages that can be.</summary>
    protected abstract Gen<object> Any { get; }

    [Fact]
    public void A_released_message_encodes_to_the_bytes_it_was_released_with() => Assert.All(Released, released =>
    {
        var (manifest, payload) = Encode(released.Message);

        Assert.Equal((released.Manifest, released.Hex), (manifest, Convert.ToHexString(payload)));
    });

    [Fact]
    public void Released_bytes_decode_to_the_message_they_were_also_with_fields_of_the_future() => Assert.All(Released, released =>
    {
        AssertSame(released.Message, Decode(released.Message, Convert.FromHexString(released.Hex)));
        AssertSame(released.Message, Decode(released.Message, [.. Convert.FromHexString(released.Hex), .. FieldsOfTheFuture]));
    });

    [Fact]
    public void Bytes_cut_short_at_any_place_are_refused() => Assert.All(Released, released =>
    {
        var payload = Convert.FromHexString(released.Hex);

        for (var length = 0; length < payload.Length; length++)
            Assert.Throws<UnreadableMessageException>(() => Decode(released.Message, payload[..length]));
    });

    [Fact]
    public void Every_event_command_and_reply_is_in_the_released_list()
    {
        var listed = Released.Select(released => released.Message.GetType()).ToHashSet();

        foreach (var kind in (Type[])[typeof(TEvent), typeof(TCommand), typeof(TReply)])
            Assert.All(kind.Assembly.GetTypes().Where(type => type.IsSubclassOf(kind) && !type.IsAbstract), type => Assert.Contains(type, listed));
    }

    [Fact]
    public void An_event_has_a_manifest_of_two_letters_that_no_other_has()
    {
        var manifests = Released.Where(released => released.Message is TEvent)
            .Select(released => (released.Message.GetType(), released.Manifest)).Distinct().ToList();

        Assert.All(manifests, named => Assert.Equal((2, Letter), (named.Manifest.Length, named.Manifest[0])));
        Assert.Distinct(manifests.Select(named => named.Manifest));
    }

    [Fact]
    public void A_trace_comes_after_all_that_was_released_and_back_from_there() => Assert.All(
        Released.Where(released => released.Message is TEvent), released =>
        {
            var payload = Encode((TEvent)released.Message, "00-a");

            Assert.Equal(released.Hex + "7A0430302D61", Convert.ToHexString(payload));
            Assert.Equal(released.Message, Decode(released.Manifest, payload, out var trace));
            Assert.Equal("00-a", trace);
            Decode(released.Manifest, Convert.FromHexString(released.Hex), out var none);
            Assert.Null(none);
        });

    [Fact]
    public void What_is_decoded_is_what_was_encoded() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2_000),
        Prop.ForAll(AnyOrReleased.ToArbitrary(), message => AssertSame(message, Decode(message, Encode(message).Payload))));

    [Fact]
    public void A_message_with_one_byte_changed_is_one_that_can_be_or_is_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(10_000),
        Prop.ForAll(
            (from message in AnyOrReleased
             let payload = Encode(message).Payload
             where payload.Length > 0
             from place in Gen.Choose(0, payload.Length - 1)
             from value in Gen.Choose(0, 255)
             select (message, payload: payload.Select((old, i) => i == place ? (byte)value : old).ToArray())).ToArbitrary(),
            damaged => AssertPossibleOrRefused(damaged.message, damaged.payload)));

    [Fact]
    public void Random_bytes_are_a_message_that_can_be_or_are_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(10_000),
        Prop.ForAll(
            (from kind in Gen.Elements(Released.AsEnumerable())
             from payload in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
             select (kind.Message, payload)).ToArbitrary(),
            random => AssertPossibleOrRefused(random.Message, random.payload)));

    [Fact]
    public void What_could_not_be_read_again_is_not_written() =>
        Assert.All(Impossible, impossible => Assert.Throws<InvalidDataException>(() => Encode(impossible.Value)));

    protected abstract (string Manifest, byte[] Payload) Encode(object message);

    /// <param name="kind">A message whose codec is to be used.</param>
    protected abstract object Decode(object kind, byte[] payload);

    protected abstract byte[] Encode(TEvent happened, string traceParent);

    protected abstract TEvent Decode(string manifest, byte[] payload, out string? traceParent);

    protected virtual void AssertSame(object expected, object actual) => Assert.Equal(expected, actual);

    protected static void AssertRefused(string place, string cause, Func<object> decode)
    {
        var refused = Assert.Throws<UnreadableMessageException>(decode);
        Assert.StartsWith(place, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(cause, refused.Message, StringComparison.Ordinal);
    }

    private Gen<object> AnyOrReleased => Gen.OneOf(Gen.Elements(Released.AsEnumerable()).Select(released => released.Message), Any);

    // What can be is what is written.
    private void AssertPossibleOrRefused(object kind, byte[] payload)
    {
        object decoded;
        try
        {
            decoded = Decode(kind, payload);
        }
        catch (UnreadableMessageException)
        {
            return;
        }

        AssertSame(decoded, Decode(decoded, Encode(decoded).Payload));
    }
}
