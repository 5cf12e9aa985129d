using System.Data;
using System.Globalization;
using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Hosting;
using CouponAkka.Cluster.Database;

namespace CouponAkka.Cluster.Coupons;

/// <summary>The journal and the snapshots of coupons: Akka.Persistence.Sql on the tables that our migrations make.</summary>
internal static class CouponJournal
{
    /// <param name="writeTimeout">How long a write may take before it has failed.</param>
    public static AkkaConfigurationBuilder WithCouponJournal(this AkkaConfigurationBuilder akka, CouponDatabase database, TimeSpan writeTimeout) => akka
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
                    # The unique key fences writers. The filter would drop, with a warning only, what a coupon wrote before it came back to a node.
                    replay-filter.mode = off
                    recovery-event-timeout = 10s
                    circuit-breaker {
                      max-failures = 10
                      call-timeout = {{writeTimeout.TotalSeconds}}s
                      reset-timeout = 1s
                    }
                  }
                  snapshot-store.sql.circuit-breaker {
                    max-failures = 10
                    call-timeout = 20s
                    reset-timeout = 1s
                  }
                }
                """),
            HoconAddMode.Prepend);
}
