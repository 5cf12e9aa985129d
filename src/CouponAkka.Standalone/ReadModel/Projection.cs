using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Standalone.Engine;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>
/// Follows the journal into the read model, many events to a transaction. An event that was seen already is skipped; one
/// that skips a number makes the missing ones be read first; one that can't be applied parks its coupon and no other.
/// </summary>
internal sealed partial class Projection : IDisposable
{
    private const int UniqueKeyViolated = 19;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // Under load every transaction costs issuing the processor that it takes, so there are no more of them than readers can tell apart.
    private static readonly TimeSpan PauseUnderLoad = TimeSpan.FromMilliseconds(40);

    private readonly EventJournal _journal;
    private readonly JournalWriter _journalWriter;
    private readonly EventJournal.OrderedReader _events;
    private readonly ReadModelWriter _readModel;
    private readonly ILogger<Projection> _log;
    private readonly AutoResetEvent _appended = new(initialState: true);
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private Dictionary<long, CouponProgress> _progress = [];
    private long _position;
    private volatile string? _trouble;

    public Projection(DataDirectory data, EventJournal journal, JournalWriter journalWriter, ILogger<Projection> log)
    {
        _journal = journal;
        _journalWriter = journalWriter;
        _log = log;
        _readModel = new ReadModelWriter(ReadModelFile.Open(data.ReadModel, journal, log));
        _events = journal.ReadInOrder();
        _journalWriter.Committed += OnAppended;
        _thread = new Thread(Run) { Name = "projection", IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many events the read model is behind the journal.</summary>
    public long Lag => _journal.LastOrdering - Interlocked.Read(ref _position);

    /// <summary>Why the read model does not follow, for all coupons or for some, or null.</summary>
    public string? Trouble => _trouble;

    public void Dispose()
    {
        _journalWriter.Committed -= OnAppended;
        _stop.Set();
        _appended.Set();
        _thread.Join();
        _events.Dispose();
        _readModel.Dispose();
        _appended.Dispose();
        _stop.Dispose();
    }

    private void OnAppended() => _appended.Set();

    private void Run()
    {
        var loaded = false;
        while (!_stop.IsSet)
        {
            try
            {
                if (!loaded)
                {
                    Load();
                    loaded = true;
                }

                while (!_stop.IsSet && ApplyNext())
                {
                }

                _trouble = Parked();
                _stop.Wait(PauseUnderLoad);
                _appended.WaitOne();
            }
            // The transaction is rolled back and memory is read again from the file, so that another try can't apply anything twice.
            catch (Exception failure)
            {
                LogFailed(failure);
                _trouble = failure.Message;
                loaded = false;
                _appended.WaitOne(RetryInterval);
            }
        }
    }

    private void Load()
    {
        _progress = _readModel.Progress().ToDictionary(coupon => coupon.CouponId, coupon => coupon.Progress);
        Interlocked.Exchange(ref _position, _readModel.Position());
        // What parked a coupon may have been mended since, in the program or in the journal.
        foreach (var couponId in _progress.Where(coupon => coupon.Value.ParkedBecause is not null).Select(coupon => coupon.Key).ToList())
        {
            InTransaction(() =>
            {
                _progress[couponId] = _progress[couponId] with { ParkedBecause = null };
                FillGap(couponId, upTo: long.MaxValue);
            });
        }
    }

    private bool ApplyNext()
    {
        var rows = _events.ReadAfter(_position);
        if (rows.Count == 0)
            return false;
        InTransaction(() =>
        {
            foreach (var row in rows)
                Apply(row);
            _readModel.SetPosition(rows[^1].Ordering);
        });
        Interlocked.Exchange(ref _position, rows[^1].Ordering);
        return true;
    }

    private void InTransaction(Action work)
    {
        _readModel.Begin();
        try
        {
            work();
            _readModel.Commit();
        }
        catch
        {
            _readModel.Rollback();
            throw;
        }
    }

    private void Apply(JournalRow row)
    {
        if (_progress.GetValueOrDefault(row.CouponId).SequenceNumber + 1 < row.SequenceNumber)
            FillGap(row.CouponId, upTo: row.SequenceNumber - 1);
        ApplyInOrder(row);
    }

    private void FillGap(long couponId, long upTo)
    {
        foreach (var missing in _journal.ReadCoupon(couponId, _progress.GetValueOrDefault(couponId).SequenceNumber))
        {
            if (missing.SequenceNumber > upTo || _progress.GetValueOrDefault(couponId).ParkedBecause is not null)
                return;
            ApplyInOrder(missing);
        }
    }

    private void ApplyInOrder(JournalRow row)
    {
        var progress = _progress.GetValueOrDefault(row.CouponId);
        if (progress.ParkedBecause is not null || row.SequenceNumber != progress.SequenceNumber + 1)
            return;
        try
        {
            _readModel.Apply(row.CouponId, row.Decode());
            progress = new(row.SequenceNumber, null);
        }
        catch (Exception poison) when (poison is DamagedJournalException or UnreadableMessageException or InvalidEventException
            or SqliteException { SqliteErrorCode: UniqueKeyViolated })
        {
            LogParked(poison, row.CouponId, row.SequenceNumber);
            progress = progress with { ParkedBecause = poison.Message };
        }

        _progress[row.CouponId] = progress;
        _readModel.SetProgress(row.CouponId, progress);
    }

    private string? Parked()
    {
        var parked = _progress.Where(coupon => coupon.Value.ParkedBecause is not null).Select(coupon => coupon.Key).Take(11).ToList();
        return parked.Count == 0 ? null : $"Not projected any further: coupon {string.Join(", ", parked.Take(10))}{(parked.Count > 10 ? ", …" : "")}.";
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The read model can't be written; trying again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Coupon {CouponId} is no longer projected: event {SequenceNumber} can't be applied. Other coupons go on.")]
    private partial void LogParked(Exception poison, long couponId, long sequenceNumber);
}
