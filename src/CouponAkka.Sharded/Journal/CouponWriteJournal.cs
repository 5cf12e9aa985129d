using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Journal;
using Akka.Persistence.Sql.Journal.Dao;
using CouponAkka.Contracts;
using CouponAkka.Sharded.Database;
using PluginRow = Akka.Persistence.Sql.Journal.Types.JournalRow;

namespace CouponAkka.Sharded.Journal;

/// <summary>
/// Akka.Persistence.Sql's journal, but for writes: those go to a <see cref="JournalWriter"/>, and each actor is answered as soon as its own
/// events are durable or have failed. (Akka answers in the order in which all actors asked, so that one slow write holds up everybody.) The rows are
/// made by the plugin's own serializer, so each can read what the other writes.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by Akka.Persistence, from its configuration.")]
[SuppressMessage("Design", "CA1001", Justification = "An actor's end is PostStop.")]
internal sealed class CouponWriteJournal : SqlWriteJournal
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ByteArrayJournalSerializer _serializer;
    private readonly JournalWriter _writer;

    public CouponWriteJournal(Config journalConfig)
        : base(journalConfig)
    {
        var system = Context.System;
        var config = new JournalConfig(journalConfig.WithFallback(SqlPersistence.DefaultJournalConfiguration));
        _serializer = new ByteArrayJournalSerializer(config, system.Serialization, config.PluginConfig.TagSeparator, writerUuid: null);
        var settings = system.Settings.Setup.Get<JournalSetup>().Value;
        _writer = new JournalWriter(settings.Database, settings.WriteTimeout, _log);
    }

    /// <summary>Waits for a write of this actor that is still on its way: otherwise it would be decided without, and its numbers be given twice.</summary>
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        await _writer.SettledAsync(persistenceId).WaitAsync(cancellationToken);
        return await base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, cancellationToken);
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not WriteMessages write)
            return base.AroundReceive(receive, message);
        _ = WriteAsync(write, Self);
        return true;
    }

    protected override void PostStop()
    {
        _writer.Dispose();
        base.PostStop();
    }

    // What can't be serialized is rejected, and nothing of the message is written: what comes after would have no predecessor.
    private async Task WriteAsync(WriteMessages message, IActorRef self)
    {
        try
        {
            var serialized = _serializer.Serialize(PreparePersistentBatch(message.Messages), DateTime.UtcNow.Ticks);
            if (serialized.FirstOrDefault(rows => !rows.IsSuccess) is { } wrong)
            {
                Answer(message, self, WriteMessagesSuccessful.Instance, happened => new WriteMessageRejected(happened, wrong.Failure.Value, message.ActorInstanceId));
                return;
            }

            var rows = serialized.SelectMany(rows => rows.Success.Value).ToList();
            if (rows.Count > 0)
            {
                var write = new JournalWrite(rows[0].PersistenceId, rows, MayBeContested(rows));
                _writer.Write(write);
                await write.Done.ConfigureAwait(false);
            }

            Answer(message, self, WriteMessagesSuccessful.Instance, happened => new WriteMessageSuccess(happened, message.ActorInstanceId));
        }
        // The actor is told, and says it.
        catch (Exception failure)
        {
            var count = message.Messages.Count(envelope => envelope is AtomicWrite);
            Answer(message, self, new WriteMessagesFailed(failure, count), happened => new WriteMessageFailure(happened, failure, message.ActorInstanceId));
        }
    }

    // The first write of a writer is the one that another writer may be in the way of.
    private static bool MayBeContested(List<PluginRow> rows) => rows[0].SequenceNumber == 1 || rows[0].Manifest == WriterFence.Manifest;

    private static void Answer(WriteMessages message, IActorRef self, object outcome, Func<IPersistentRepresentation, object> tell)
    {
        var actor = message.PersistentActor;
        actor.Tell(outcome, self);
        foreach (var envelope in message.Messages)
        {
            if (envelope is not AtomicWrite atomic)
            {
                actor.Tell(new LoopMessageSuccess(envelope.Payload, message.ActorInstanceId), envelope.Sender);
                continue;
            }

            foreach (var happened in (IEnumerable<IPersistentRepresentation>)atomic.Payload)
                actor.Tell(tell(happened), happened.Sender);
        }
    }
}

/// <summary>What the journal is given beside its configuration.</summary>
/// <param name="WriteTimeout">How long a write may take before it has failed.</param>
internal sealed class JournalSetup(CouponDatabase database, TimeSpan writeTimeout) : Setup
{
    public CouponDatabase Database { get; } = database;

    public TimeSpan WriteTimeout { get; } = writeTimeout;
}
