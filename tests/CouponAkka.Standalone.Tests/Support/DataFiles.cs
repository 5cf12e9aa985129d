namespace CouponAkka.Standalone.Tests.Support;

/// <summary>The files that the program keeps in its data directory.</summary>
internal static class DataFiles
{
    extension(TempDirectory data)
    {
        public string Journal => data.In("journal.db");

        public string ReadModel => data.In("readmodel.db");

        public string Reactions => data.In("reactions.db");

        public string Notifications => data.In("notifications.db");

        public string Snapshot(long couponId) => data.In($"snapshots/{couponId}");

        /// <summary>Removes a database with what belongs to it.</summary>
        public static void DeleteDatabase(string path)
        {
            foreach (var suffix in (string[])["", "-wal", "-shm"])
                File.Delete(path + suffix);
        }
    }
}
