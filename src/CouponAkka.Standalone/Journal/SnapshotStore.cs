using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Threading.Channels;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Entities;

namespace CouponAkka.Standalone.Journal;

/// <summary>
/// The last snapshot of each entity, a file each: sequence number, checksum, state. Nothing depends on one: what is
/// missing, damaged, or of another journal or entity is left out, and the journal alone recovers the entity.
/// </summary>
internal sealed partial class SnapshotStore : IAsyncDisposable
{
    private const int HeaderLength = sizeof(long) + sizeof(uint);

    private readonly string _directory;
    private readonly byte[] _journalId;
    private readonly ILogger<SnapshotStore> _log;
    private readonly Channel<SnapshotToSave> _toSave = Channel.CreateBounded<SnapshotToSave>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Task _saving;

    public SnapshotStore(DataDirectory data, EventJournal journal, ILogger<SnapshotStore> log)
    {
        _directory = data.Snapshots;
        _journalId = Encoding.UTF8.GetBytes(journal.Id);
        _log = log;
        Directory.CreateDirectory(_directory);
        _saving = Task.Run(SaveAllAsync);
    }

    /// <summary>Saves it in the background, or not at all while too many others wait: then the next one will do.</summary>
    public void Save(SnapshotToSave snapshot) => _toSave.Writer.TryWrite(snapshot);

    /// <summary>An entity as its last snapshot has it, and the number of the last event in that; or null.</summary>
    public (long SequenceNumber, IEntity Entity)? Find(EntityKey key)
    {
        var path = PathOf(key);
        if (!File.Exists(path))
            return null;
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length < HeaderLength
                || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(sizeof(long))) != Checksum(key, bytes))
            {
                throw new InvalidDataException("its checksum does not match");
            }

            var sequenceNumber = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            return (sequenceNumber, key.Kind.From(key.Id, key.Kind.DecodeSnapshot(key.Id, sequenceNumber, bytes.AsSpan(HeaderLength))));
        }
        catch (Exception unreadable) when (unreadable
            is IOException or UnauthorizedAccessException or InvalidDataException or UnreadableMessageException or InvalidEventException)
        {
            LogUnreadable(path, unreadable.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _toSave.Writer.TryComplete();
        await _saving;
    }

    private async Task SaveAllAsync()
    {
        await foreach (var snapshot in _toSave.Reader.ReadAllAsync())
        {
            try
            {
                SaveNow(snapshot);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogUnsaved(snapshot.Key, failure.Message);
            }
        }
    }

    private void SaveNow(SnapshotToSave snapshot)
    {
        var key = snapshot.Key;
        var state = key.Kind.EncodeSnapshot(snapshot.Snapshot);
        var bytes = new byte[HeaderLength + state.Length];
        state.CopyTo(bytes, HeaderLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, snapshot.SequenceNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sizeof(long)), Checksum(key, bytes));
        var path = PathOf(key);
        // Whoever threw the snapshots away may have taken the directory too. What is above it is not ours to make again.
        if (Directory.Exists(Path.GetDirectoryName(_directory)))
            Directory.CreateDirectory(_directory);
        File.WriteAllBytes(path + ".new", bytes);
        File.Move(path + ".new", path, overwrite: true);
    }

    // Over all that the snapshot must not be mistaken about: whose it is, beside which journal, after which event, and the state.
    private uint Checksum(EntityKey key, ReadOnlySpan<byte> bytes)
    {
        var crc = BitOperations.Crc32C(Crc32C.Append(uint.MaxValue, _journalId), (ulong)key.Id);
        if (key.Kind != CouponKind.Instance)
            crc = BitOperations.Crc32C(crc, (uint)key.Kind.Number);
        return Crc32C.Append(Crc32C.Append(crc, bytes[..sizeof(long)]), bytes[HeaderLength..]);
    }

    // Coupons were there before there were kinds.
    private string PathOf(EntityKey key)
    {
        var id = key.Id.ToString(CultureInfo.InvariantCulture);
        return Path.Combine(_directory, key.Kind == CouponKind.Instance ? id : $"{key.Kind.Name}-{id}");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The snapshot {Path} can't be read ({Reason}); the entity is recovered from the journal alone.")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A snapshot of {Entity} can't be saved: {Reason}")]
    private partial void LogUnsaved(EntityKey entity, string reason);
}
