using System.Data;
using System.Globalization;
using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Hosting;
using CouponAkka.Sharded.Database;

namespace CouponAkka.Sharded.Journal;

/// <summary>The journal and the snapshots of coupons: Akka.Persistence.Sql on the tables that our migrations make, with a writer of our own.</summary>
internal static class CouponJournal
{
    /// <param name="writeTimeout">How long a write may take before it has failed.</param>
    public static AkkaConfigurationBuilder WithCouponJournal(this AkkaConfigurationBuilder akka, CouponDatabase database, TimeSpan writeTimeout) => akka
        .AddSetup(new JournalSetup(database, writeTimeout))
        .WithSqlPersistence(
            new SqlJournalOptions
            {
                DataOptions = database.WriterOptions,
                AutoInitialize = false,
                TagStorageMode = TagMode.Csv,
                ReadIsolationLevel = IsolationLevel.ReadCommitted,
                WriteIsolationLevel = IsolationLevel.ReadCommitted,
                // The uuid is the plugin instance's and not the actor's, so a coupon that comes back would have its events taken for a stranger's.
                DatabaseOptions = new(DatabaseMapping.Default) { JournalTable = new() { UseWriterUuidColumn = false } },
            },
            new SqlSnapshotOptions
            {
                DataOptions = database.WriterOptions,
                AutoInitialize = false,
                ReadIsolationLevel = IsolationLevel.ReadCommitted,
                WriteIsolationLevel = IsolationLevel.ReadCommitted,
            })
        .AddHocon(
            string.Create(CultureInfo.InvariantCulture, $$"""
                akka.persistence {
                  journal.sql {
                    class = "{{typeof(CouponWriteJournal).AssemblyQualifiedName}}"
                    # The unique key fences writers. The filter would drop, with a warning only, what a coupon wrote before it came back to a node.
                    replay-filter.mode = off
                    recovery-event-timeout = 10s
                    # Around recoveries; a writer knows none. It is everybody's, so that it must never open: one coupon's trouble would be all coupons'.
                    circuit-breaker {
                      max-failures = {{int.MaxValue}}
                      call-timeout = {{writeTimeout.TotalSeconds + 1}}s
                      reset-timeout = 1s
                    }
                  }
                  # One that can't be read costs a longer recovery and no coupon: the journal has all of it.
                  snapshot-store.sql.snapshot-is-optional = true
                  snapshot-store.sql.circuit-breaker {
                    max-failures = {{int.MaxValue}}
                    call-timeout = 20s
                    reset-timeout = 1s
                  }
                }
                """),
            HoconAddMode.Prepend);
}
