using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>What is asked of a coupon, as bytes, for the wire between two processes that may be of different releases.</summary>
public static class CouponCommandCodec
{
    private const string Create = "dc";
    private const string Change = "dh";
    private const string Issue = "di";
    private const string Use = "du";
    private const string Find = "df";
    private const string Status = "ds";
    private const string Get = "dg";
    private const string Stop = "dp";
    private const string Resume = "dr";
    private const string Hold = "dk";
    private const string Release = "dl";
    private const string UseHeld = "dv";

    /// <summary>The name under which a command is sent: two letters that never change.</summary>
    public static string Manifest(CouponCommand command) => command switch
    {
        IssueCoupon => Issue,
        UseCoupon => Use,
        FindIssue => Find,
        GetStatus => Status,
        CreateCoupon => Create,
        ChangeCoupon => Change,
        GetCoupon => Get,
        StopIssuing => Stop,
        ResumeIssuing => Resume,
        HoldUnit => Hold,
        ReleaseUnit => Release,
        UseHeldUnit => UseHeld,
        _ => throw NoCodec(command),
    };

    /// <exception cref="InvalidDataException">The command can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(CouponCommand command)
    {
        Rules.Check(command);
        IMessage message = command switch
        {
            IssueCoupon issue => new Wire.IssueCoupon { UserId = issue.UserId },
            UseCoupon use => ToWire(use),
            FindIssue find => new Wire.FindIssue { UserId = find.UserId },
            GetStatus => new Wire.GetStatus(),
            CreateCoupon create => new Wire.CreateCoupon { Policy = WireFields.ToWire(create.Policy) },
            ChangeCoupon change => new Wire.ChangeCoupon { Changes = ToWire(change) },
            GetCoupon => new Wire.GetCoupon(),
            StopIssuing => new Wire.StopIssuing(),
            ResumeIssuing => new Wire.ResumeIssuing(),
            HoldUnit hold => new Wire.HoldUnit { OrderAmount = hold.OrderAmount, UserId = hold.UserId, OrderId = hold.OrderId },
            ReleaseUnit release => new Wire.ReleaseUnit { OrderId = release.OrderId },
            UseHeldUnit use => new Wire.UseHeldUnit { OrderId = use.OrderId },
            _ => throw NoCodec(command),
        };
        return message.ToByteArray();
    }

    /// <summary>The command that <see cref="Encode"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">
    /// The manifest is unknown, or the bytes are damaged or hold what a command can't be.
    /// </exception>
    public static CouponCommand Decode(long couponId, string manifest, ReadOnlySpan<byte> payload)
    {
        try
        {
            CouponCommand command = manifest switch
            {
                Issue => new IssueCoupon(Wire.IssueCoupon.Parser.ParseFrom(payload).UserId),
                Use => FromWire(Wire.UseCoupon.Parser.ParseFrom(payload)),
                Find => new FindIssue(Wire.FindIssue.Parser.ParseFrom(payload).UserId),
                Status => Empty(GetStatus.Instance, Wire.GetStatus.Parser.ParseFrom(payload)),
                Create => new CreateCoupon(WireFields.FromWire(Wire.CreateCoupon.Parser.ParseFrom(payload).Policy)),
                Change => FromWire(Wire.ChangeCoupon.Parser.ParseFrom(payload).Changes),
                Get => Empty(GetCoupon.Instance, Wire.GetCoupon.Parser.ParseFrom(payload)),
                Stop => Empty(StopIssuing.Instance, Wire.StopIssuing.Parser.ParseFrom(payload)),
                Resume => Empty(ResumeIssuing.Instance, Wire.ResumeIssuing.Parser.ParseFrom(payload)),
                Hold when Wire.HoldUnit.Parser.ParseFrom(payload) is var hold => new HoldUnit(hold.UserId, hold.OrderId, hold.OrderAmount),
                Release => new ReleaseUnit(Wire.ReleaseUnit.Parser.ParseFrom(payload).OrderId),
                UseHeld => new UseHeldUnit(Wire.UseHeldUnit.Parser.ParseFrom(payload).OrderId),
                _ => throw new InvalidDataException("No command has this manifest."),
            };
            Rules.Check(command);
            return command;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException(couponId, sequenceNumber: null, manifest, cause);
        }
    }

    private static Wire.UseCoupon ToWire(UseCoupon use)
    {
        var wire = new Wire.UseCoupon { UserId = use.UserId };
        if (use.OrderAmount is { } amount)
            wire.OrderAmount = amount;
        return wire;
    }

    private static UseCoupon FromWire(Wire.UseCoupon wire) => new(wire.UserId, wire.HasOrderAmount ? wire.OrderAmount : null);

    // Parsed all the same: bytes that are no message are refused.
    private static CouponCommand Empty(CouponCommand command, IMessage _) => command;

    private static Wire.ChangeCoupon.Types.Changes ToWire(ChangeCoupon change)
    {
        var wire = new Wire.ChangeCoupon.Types.Changes();
        if (change.Title is { } title)
            wire.Title = title;
        if (change.TotalQuantity is { } total)
        {
            wire.TotalQuantity = new Wire.ChangeCoupon.Types.NewTotal();
            if (total.Quantity is { } quantity)
                wire.TotalQuantity.Quantity = quantity;
        }

        if (change.DateIssueStart is { } start)
            wire.DateIssueStart = start.UnixMicroseconds;
        if (change.DateIssueEnd is { } end)
            wire.DateIssueEnd = end.UnixMicroseconds;
        if (change.IfUpdatedAt is { } known)
            wire.IfUpdatedAt = known.UnixMicroseconds;
        return wire;
    }

    private static ChangeCoupon FromWire(Wire.ChangeCoupon.Types.Changes? wire)
    {
        if (wire is null)
            throw new InvalidDataException("The changes are missing.");
        return new ChangeCoupon(
            wire.HasTitle ? wire.Title : null,
            wire.TotalQuantity is { } total ? new NewTotal(total.HasQuantity ? total.Quantity : null) : null,
            wire.HasDateIssueStart ? new Timestamp(wire.DateIssueStart) : null,
            wire.HasDateIssueEnd ? new Timestamp(wire.DateIssueEnd) : null,
            wire.HasIfUpdatedAt ? new Timestamp(wire.IfUpdatedAt) : null);
    }

    private static ArgumentException NoCodec(CouponCommand command) =>
        new($"There is no codec for the command {command.GetType().Name}.", nameof(command));
}
