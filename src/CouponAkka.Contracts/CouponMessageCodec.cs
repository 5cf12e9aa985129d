using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>What crosses the wire between an edge and a coupon, as bytes.</summary>
public static class CouponMessageCodec
{
    public const string Request = "rq";
    public const string Answers = "an";
    public const string Follow = "fo";
    public const string Followed = "fd";
    public const string Requests = "rs";
    public const string Replies = "as";
    public const string Arrival = "ar";

    private const int Other = 100;
    private const int Issued = 0;

    /// <exception cref="InvalidDataException">A command in it can't be, so that it could not be decoded.</exception>
    public static byte[] Encode(CouponRequest request) => ToWire(request).ToByteArray();

    private static Wire.CouponRequest ToWire(CouponRequest request)
    {
        var wire = new Wire.CouponRequest { CouponId = request.CouponId, Number = request.Number, TraceParents = { request.TraceParents } };
        foreach (var command in request.Commands)
        {
            if (command is IssueCoupon issue)
            {
                Rules.Check(issue);
                wire.IssueTo.Add(issue.UserId);
                continue;
            }

            wire.IssueTo.Add(0);
            wire.Others.Add(new Wire.CouponRequest.Types.Command
            {
                Manifest = CouponCommandCodec.Manifest(command),
                Payload = UnsafeByteOperations.UnsafeWrap(CouponCommandCodec.Encode(command)),
            });
        }

        return wire;
    }

    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a request can't be.</exception>
    public static CouponRequest DecodeRequest(ReadOnlySpan<byte> payload) => FromWire(Parse(Wire.CouponRequest.Parser, payload, Request));

    private static CouponRequest FromWire(Wire.CouponRequest wire) =>
        Read(wire.CouponId, Request, () =>
        {
            RequireNumber(wire.Number);
            var others = new Column<Wire.CouponRequest.Types.Command>("other commands", wire.Others);
            var commands = new CouponCommand[wire.IssueTo.Count];
            for (var i = 0; i < commands.Length; i++)
            {
                if (wire.IssueTo[i] == 0)
                {
                    var other = others.Next();
                    commands[i] = CouponCommandCodec.Decode(wire.CouponId, other.Manifest, other.Payload.Span);
                    continue;
                }

                commands[i] = new IssueCoupon(wire.IssueTo[i]);
                Rules.Check(commands[i]);
            }

            others.RequireAllRead();
            return new CouponRequest(wire.CouponId, wire.Number, commands, wire.TraceParents);
        });

    public static byte[] Encode(CouponAnswers answers) => ToWire(answers).ToByteArray();

    private static Wire.CouponAnswers ToWire(CouponAnswers answers)
    {
        var wire = new Wire.CouponAnswers { CouponId = answers.CouponId, Number = answers.Number, Closed = answers.Closed };
        var (ticket, time) = (0L, 0L);
        foreach (var reply in answers.Replies)
        {
            switch (reply)
            {
                case Issued { Issue: { DateUsed: null, HeldBy: null } issue }:
                    wire.Outcomes.Add(Issued);
                    // The asker knows the user: it is the one that it asked for.
                    wire.Tickets.Add(issue.Ticket - ticket);
                    wire.DatesIssued.Add(issue.DateIssued.UnixMicroseconds - time);
                    (ticket, time) = (issue.Ticket, issue.DateIssued.UnixMicroseconds);
                    break;
                case Refused { Issue: null, Coupon: null, Reason: var reason }:
                    wire.Outcomes.Add((int)reason);
                    break;
                default:
                    wire.Outcomes.Add(Other);
                    wire.Others.Add(ToWire(reply));
                    break;
            }
        }

        return wire;
    }

    /// <summary>
    /// The answers to a request. A unit that was issued by it says user 0: whom it was issued to stands in the request, and
    /// <see cref="CompleteFrom"/> puts it in.
    /// </summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what answers can't be.</exception>
    public static CouponAnswers DecodeAnswers(ReadOnlySpan<byte> payload) => FromWire(Parse(Wire.CouponAnswers.Parser, payload, Answers));

    private static CouponAnswers FromWire(Wire.CouponAnswers wire) =>
        Read(wire.CouponId, Answers, () =>
        {
            RequireNumber(wire.Number);
            var tickets = new Column<long>("tickets", wire.Tickets);
            var dates = new Column<long>("times of issue", wire.DatesIssued);
            var others = new Column<Wire.CouponReply>("other replies", wire.Others);
            var (ticket, time) = (0L, 0L);
            var replies = new CouponReply[wire.Outcomes.Count];
            for (var i = 0; i < replies.Length; i++)
            {
                replies[i] = wire.Outcomes[i] switch
                {
                    Issued => new Issued(new CouponIssue(wire.CouponId, 0, ticket += tickets.Next(), new Timestamp(time += dates.Next()))),
                    Other => FromWire(wire.CouponId, others.Next()),
                    var reason => new Refused(Reason(reason)),
                };
            }

            tickets.RequireAllRead();
            dates.RequireAllRead();
            others.RequireAllRead();
            return new CouponAnswers(wire.CouponId, wire.Number, replies, wire.Closed);
        });

    /// <exception cref="InvalidDataException">A command in it can't be, so that it could not be decoded.</exception>
    public static byte[] Encode(CouponRequests requests)
    {
        var wire = new Wire.CouponRequests { Number = requests.Number };
        wire.Requests.AddRange(requests.Requests.Select(ToWire));
        return wire.ToByteArray();
    }

    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a request can't be.</exception>
    public static CouponRequests DecodeRequests(ReadOnlySpan<byte> payload)
    {
        var wire = Parse(Wire.CouponRequests.Parser, payload, Requests);
        return Read(couponId: 0, Requests, () =>
        {
            RequireNumber(wire.Number);
            return new CouponRequests([.. wire.Requests.Select(FromWire)], wire.Number);
        });
    }

    public static byte[] Encode(CouponReplies replies)
    {
        var wire = new Wire.CouponReplies { Number = replies.Number };
        foreach (var from in replies.Homes)
        {
            var home = new Wire.CouponReplies.Types.Home { Address = from.Home };
            home.Answers.AddRange(from.Answers.Select(ToWire));
            wire.Homes.Add(home);
        }

        return wire.ToByteArray();
    }

    /// <summary>As <see cref="DecodeAnswers"/> has them.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what answers can't be.</exception>
    public static CouponReplies DecodeReplies(ReadOnlySpan<byte> payload)
    {
        var wire = Parse(Wire.CouponReplies.Parser, payload, Replies);
        return Read(couponId: 0, Replies, () =>
        {
            RequireNumber(wire.Number);
            return new CouponReplies([.. wire.Homes.Select(home => new AnswersFrom(home.Address, [.. home.Answers.Select(FromWire)]))], wire.Number);
        });
    }

    public static byte[] Encode(Arrived arrived) => new Wire.Arrived { Number = arrived.Number }.ToByteArray();

    /// <exception cref="UnreadableMessageException">The bytes are damaged.</exception>
    public static Arrived DecodeArrived(ReadOnlySpan<byte> payload)
    {
        var wire = Parse(Wire.Arrived.Parser, payload, Arrival);
        return Read(couponId: 0, Arrival, () =>
        {
            RequireNumber(wire.Number);
            return new Arrived(wire.Number);
        });
    }

    /// <summary>The reply to <paramref name="command"/> with what the wire leaves out.</summary>
    public static CouponReply CompleteFrom(CouponCommand command, CouponReply reply) =>
        reply is Issued { Issue: { UserId: 0 } issue } && command is IssueCoupon { UserId: var userId }
            ? new Issued(issue with { UserId = userId })
            : reply;

    public static byte[] Encode(FollowCoupon follow) => new Wire.FollowCoupon
    {
        CouponId = follow.CouponId,
        Number = follow.Number,
        SequenceNumber = follow.SequenceNumber,
        Fetching = follow.FetchedUpTo is not null,
        Offset = follow.FetchedUpTo ?? 0,
    }.ToByteArray();

    /// <exception cref="UnreadableMessageException">The bytes are damaged.</exception>
    public static FollowCoupon DecodeFollow(ReadOnlySpan<byte> payload)
    {
        var wire = Parse(Wire.FollowCoupon.Parser, payload, Follow);
        return Read(wire.CouponId, Follow, () =>
        {
            RequireNumber(wire.Number);
            return new FollowCoupon(wire.CouponId, wire.Number, wire.SequenceNumber, wire.Fetching ? wire.Offset : null);
        });
    }

    public static byte[] Encode(FollowedCoupon followed)
    {
        var wire = new Wire.FollowedCoupon { CouponId = followed.CouponId, Number = followed.Number };
        if (followed is CouponLease lease)
        {
            wire.Lease = new Wire.FollowedCoupon.Types.Lease { Milliseconds = (long)lease.Duration.TotalMilliseconds };
            wire.Lease.Events.AddRange(lease.Events.Select(numbered => new Wire.FollowedCoupon.Types.Event
            {
                SequenceNumber = numbered.SequenceNumber,
                Manifest = numbered.Event is { } happened ? CouponEventCodec.Manifest(happened) : WriterFence.Manifest,
                Payload = numbered.Event is { } event_ ? UnsafeByteOperations.UnsafeWrap(CouponEventCodec.Encode(event_)) : ByteString.Empty,
            }));
        }
        else if (followed is CouponSnapshotPart part)
        {
            wire.Part = new Wire.FollowedCoupon.Types.Part
            {
                SequenceNumber = part.SequenceNumber,
                Offset = part.Offset,
                Length = part.Length,
                Bytes = UnsafeByteOperations.UnsafeWrap(part.Bytes),
            };
        }

        return wire.ToByteArray();
    }

    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what can't be followed.</exception>
    public static FollowedCoupon DecodeFollowed(ReadOnlySpan<byte> payload)
    {
        var wire = Parse(Wire.FollowedCoupon.Parser, payload, Followed);
        return Read(wire.CouponId, Followed, () =>
        {
            RequireNumber(wire.Number);
            if (wire.WhatCase == Wire.FollowedCoupon.WhatOneofCase.Part)
                RequirePossible(wire.Part);
            return wire.WhatCase switch
            {
                Wire.FollowedCoupon.WhatOneofCase.Lease => new CouponLease(
                    wire.CouponId,
                    wire.Number,
                    [.. wire.Lease.Events.Select(numbered => FromWire(wire.CouponId, numbered))],
                    Duration(wire.Lease.Milliseconds)),
                Wire.FollowedCoupon.WhatOneofCase.Part => new CouponSnapshotPart(
                    wire.CouponId, wire.Number, wire.Part.SequenceNumber, wire.Part.Offset, wire.Part.Length, wire.Part.Bytes.Memory),
                _ => new FollowedCoupon(wire.CouponId, wire.Number),
            };
        });
    }

    private static NumberedEvent FromWire(long couponId, Wire.FollowedCoupon.Types.Event numbered) => new(
        numbered.SequenceNumber,
        numbered.Manifest == WriterFence.Manifest
            ? null
            : CouponEventCodec.Decode(couponId, numbered.SequenceNumber, numbered.Manifest, numbered.Payload.Span));

    private static Wire.CouponReply ToWire(CouponReply reply) => reply switch
    {
        CouponStands stands => new() { Stands = ToWire(stands.Coupon, stands.Created) },
        CouponFound found => new() { Coupon = ToWire(found.Coupon) },
        Issued issued => new() { Issued = ToWire(issued.Issue) },
        Used used => new() { Used = ToWire(used.Issue) },
        IssueFound found => new() { Found = ToWire(found.Issue) },
        StatusIs status => new() { Status = ToWire(status.Status) },
        Refused refused => new() { Refused = ToWire(refused) },
        HoldHeard => new() { HoldHeard = new() },
        _ => throw new ArgumentException($"There is no codec for the reply {reply.GetType().Name}.", nameof(reply)),
    };

    private static CouponReply FromWire(long couponId, Wire.CouponReply wire) => wire.ReplyCase switch
    {
        Wire.CouponReply.ReplyOneofCase.Stands => new CouponStands(FromWire(couponId, wire.Stands), wire.Stands.Created),
        Wire.CouponReply.ReplyOneofCase.Coupon => new CouponFound(FromWire(couponId, wire.Coupon)),
        Wire.CouponReply.ReplyOneofCase.Issued => new Issued(FromWire(couponId, wire.Issued)),
        Wire.CouponReply.ReplyOneofCase.Used => new Used(FromWire(couponId, wire.Used)),
        Wire.CouponReply.ReplyOneofCase.Found => new IssueFound(FromWire(couponId, wire.Found)),
        Wire.CouponReply.ReplyOneofCase.Status => new StatusIs(FromWire(couponId, wire.Status)),
        Wire.CouponReply.ReplyOneofCase.Refused => new Refused(
            Reason(wire.Refused.Reason),
            wire.Refused.Issue is { } issue ? FromWire(couponId, issue) : null,
            wire.Refused.Coupon is { } coupon ? FromWire(couponId, coupon) : null),
        Wire.CouponReply.ReplyOneofCase.HoldHeard => HoldHeard.Instance,
        _ => throw new InvalidDataException("A reply is missing or of a kind that is not known."),
    };

    private static Wire.CouponStands ToWire(CouponView coupon, bool created = false) => new()
    {
        Policy = WireFields.ToWire(coupon.Policy),
        IssuedQuantity = coupon.IssuedQuantity,
        DateCreated = coupon.DateCreated.UnixMicroseconds,
        DateUpdated = coupon.DateUpdated.UnixMicroseconds,
        Created = created,
        Stopped = coupon.Stopped,
    };

    private static CouponView FromWire(long couponId, Wire.CouponStands wire)
    {
        var coupon = new CouponView(
            couponId,
            WireFields.FromWire(wire.Policy),
            wire.IssuedQuantity,
            WireFields.Time("time of creation", wire.HasDateCreated, wire.DateCreated),
            WireFields.Time("time of update", wire.HasDateUpdated, wire.DateUpdated),
            wire.Stopped);
        Rules.Check(coupon);
        return coupon;
    }

    private static Wire.CouponIssue ToWire(CouponIssue issue)
    {
        var wire = new Wire.CouponIssue { UserId = issue.UserId, Ticket = issue.Ticket, DateIssued = issue.DateIssued.UnixMicroseconds };
        if (issue.DateUsed is { } used)
            wire.DateUsed = used.UnixMicroseconds;
        if (issue.HeldBy is { } orderId)
            wire.HeldBy = orderId;
        return wire;
    }

    private static CouponIssue FromWire(long couponId, Wire.CouponIssue wire) => new(
        couponId,
        wire.UserId,
        wire.Ticket,
        WireFields.Time("time of issue", wire.HasDateIssued, wire.DateIssued),
        wire.HasDateUsed ? new Timestamp(wire.DateUsed) : null,
        wire.HasHeldBy ? wire.HeldBy : null);

    private static Wire.CouponStatus ToWire(CouponStatus status)
    {
        var wire = new Wire.CouponStatus { State = (int)status.State, IssuedQuantity = status.IssuedQuantity };
        if (status.TotalQuantity is { } total)
            wire.TotalQuantity = total;
        return wire;
    }

    private static CouponStatus FromWire(long couponId, Wire.CouponStatus wire) => new(
        couponId,
        Enum.IsDefined((CouponState)wire.State) ? (CouponState)wire.State : throw new InvalidDataException($"State {wire.State} is not known."),
        wire.IssuedQuantity,
        wire.HasTotalQuantity ? wire.TotalQuantity : null);

    private static Wire.Refused ToWire(Refused refused)
    {
        var wire = new Wire.Refused { Reason = (int)refused.Reason };
        if (refused.Issue is { } issue)
            wire.Issue = ToWire(issue);
        if (refused.Coupon is { } coupon)
            wire.Coupon = ToWire(coupon);
        return wire;
    }

    private static RefusalReason Reason(int reason) =>
        Enum.IsDefined((RefusalReason)reason) ? (RefusalReason)reason : throw new InvalidDataException($"Refusal {reason} is not known.");

    private static TimeSpan Duration(long milliseconds) =>
        milliseconds is >= 0 and <= 3_600_000
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new InvalidDataException($"{milliseconds} ms is no time for a lease.");

    private static void RequirePossible(Wire.FollowedCoupon.Types.Part part)
    {
        if (part.Offset < 0 || part.Length > Array.MaxLength || part.Offset > part.Length - part.Bytes.Length)
            throw new InvalidDataException($"{part.Bytes.Length} bytes at {part.Offset} are no part of {part.Length} bytes.");
    }

    // The last field of each message: without it the bytes were cut short.
    private static void RequireNumber(long number)
    {
        if (number < 1)
            throw new InvalidDataException("The number is missing.");
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> payload, string manifest)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException cause)
        {
            throw new UnreadableMessageException(couponId: 0, sequenceNumber: null, manifest, cause);
        }
    }

    private static T Read<T>(long couponId, string manifest, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException(couponId, sequenceNumber: null, manifest, cause);
        }
    }

    private struct Column<T>(string name, IReadOnlyList<T> entries)
    {
        private int _next;

        public T Next() => _next < entries.Count ? entries[_next++] : throw new InvalidDataException($"The column of {name} is too short.");

        public readonly void RequireAllRead() => Rules.CheckColumn(name, entries.Count, _next);
    }
}
