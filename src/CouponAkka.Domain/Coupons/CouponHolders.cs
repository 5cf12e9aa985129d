using System.Numerics;

namespace CouponAkka.Domain.Coupons;

/// <summary>
/// Who holds which ticket. A million holders take 32 MB, 40 MB when all have used theirs: two or three 8-byte columns
/// by ticket, and an index of 8 bytes a slot from user to ticket.
/// <para>
/// The columns lie in blocks that double, so growing copies nothing and what is written never moves. The index is an
/// open-addressing table ordered by hash, so growing it streams from one array to the next instead of jumping about.
/// </para>
/// </summary>
internal sealed class CouponHolders
{
    private const int FirstBlockBits = 4;

    // Users choose their ids; a key that nobody outside the process knows keeps them from choosing collisions.
    private static readonly ulong HashKey = (ulong)Random.Shared.NextInt64();

    private readonly List<Block> _blocks = [];
    private ulong[] _index = new ulong[1 << FirstBlockBits];

    public int Count { get; private set; }

    /// <summary>The ticket that <paramref name="userId"/> holds, or null.</summary>
    public long? Find(long userId)
    {
        var hash = Hash(userId);
        for (var slot = SlotOf(hash, _index.Length); ; slot = (slot + 1) & (_index.Length - 1))
        {
            var entry = _index[slot];
            if (entry == 0)
                return null;
            if (Holds(entry, hash, userId))
                return (uint)entry;
        }
    }

    /// <summary>Gives the next ticket to <paramref name="userId"/>; false if they hold one already.</summary>
    public bool TryAdd(long userId, Timestamp dateIssued)
    {
        if (Count + 1 > _index.Length / 4 * 3)
            GrowIndex();
        var hash = Hash(userId);
        var slot = SlotOf(hash, _index.Length);
        for (; _index[slot] != 0; slot = (slot + 1) & (_index.Length - 1))
        {
            if (Holds(_index[slot], hash, userId))
                return false;
        }

        if (Count == CouponPolicy.MaxQuantity)
            throw new InvalidOperationException($"A coupon holds at most {CouponPolicy.MaxQuantity} issues.");
        var (block, offset) = Locate(Count);
        if (block == _blocks.Count)
            _blocks.Add(new Block(1 << (FirstBlockBits + block)));
        _blocks[block].UserIds[offset] = userId;
        _blocks[block].DatesIssued[offset] = dateIssued;
        Count++;
        _index[slot] = ((ulong)hash << 32) | (uint)Count;
        return true;
    }

    public long UserId(long ticket)
    {
        var (block, offset) = Locate(ticket - 1);
        return _blocks[block].UserIds[offset];
    }

    public Timestamp DateIssued(long ticket)
    {
        var (block, offset) = Locate(ticket - 1);
        return _blocks[block].DatesIssued[offset];
    }

    public Timestamp? DateUsed(long ticket)
    {
        var (block, offset) = Locate(ticket - 1);
        return _blocks[block].DateUsed(offset);
    }

    public void Use(long ticket, Timestamp dateUsed)
    {
        var (block, offset) = Locate(ticket - 1);
        _blocks[block].Use(offset, dateUsed);
    }

    /// <summary>
    /// The holders as they are now, by ticket: shares what can't change any more and copies what can, so that it may be
    /// read on any thread while the coupon goes on.
    /// </summary>
    public IEnumerable<CouponHolder> Freeze()
    {
        return Read(Count, [.. _blocks.Select(block => block.Freeze())]);

        static IEnumerable<CouponHolder> Read(int count, Block[] blocks)
        {
            for (var i = 0; i < count; i++)
            {
                var (block, offset) = Locate(i);
                yield return new CouponHolder(
                    blocks[block].UserIds[offset], i + 1, blocks[block].DatesIssued[offset], blocks[block].DateUsed(offset));
            }
        }
    }

    // Block b holds 16·2^b entries and begins at 16·(2^b − 1).
    private static (int Block, int Offset) Locate(long index)
    {
        var shifted = (ulong)index + (1 << FirstBlockBits);
        var block = BitOperations.Log2(shifted) - FirstBlockBits;
        return (block, (int)(shifted - (1UL << (block + FirstBlockBits))));
    }

    private bool Holds(ulong entry, uint hash, long userId) => (uint)(entry >> 32) == hash && UserId((uint)entry) == userId;

    private void GrowIndex()
    {
        var grown = new ulong[_index.Length * 2];
        foreach (var entry in _index)
        {
            if (entry != 0)
                Insert(grown, entry);
        }

        _index = grown;
    }

    private static void Insert(ulong[] index, ulong entry)
    {
        var slot = SlotOf((uint)(entry >> 32), index.Length);
        while (index[slot] != 0)
            slot = (slot + 1) & (index.Length - 1);
        index[slot] = entry;
    }

    // The top bits choose the slot, which is what keeps a grown table in the order of the old one.
    private static int SlotOf(uint hash, int length) => (int)(((ulong)hash * (ulong)length) >> 32);

    // The finalizer of SplitMix64.
    private static uint Hash(long userId)
    {
        var z = (ulong)userId ^ HashKey;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (uint)((z ^ (z >> 31)) >> 32);
    }

    /// <summary>A run of neighbouring tickets. A time of use of zero means not used: nobody uses a coupon in 1970.</summary>
    private sealed class Block(int size)
    {
        private Timestamp[]? _datesUsed;

        public long[] UserIds { get; } = new long[size];

        public Timestamp[] DatesIssued { get; } = new Timestamp[size];

        public Timestamp? DateUsed(int offset) => _datesUsed is { } used && used[offset] != default ? used[offset] : null;

        public void Use(int offset, Timestamp dateUsed) => (_datesUsed ??= new Timestamp[size])[offset] = dateUsed;

        public Block Freeze() => new(this);

        private Block(Block live)
            : this(0)
        {
            UserIds = live.UserIds;
            DatesIssued = live.DatesIssued;
            _datesUsed = (Timestamp[]?)live._datesUsed?.Clone();
        }
    }
}

/// <summary>One unit with what has become of it, as a snapshot keeps it.</summary>
public readonly record struct CouponHolder(long UserId, long Ticket, Timestamp DateIssued, Timestamp? DateUsed);
