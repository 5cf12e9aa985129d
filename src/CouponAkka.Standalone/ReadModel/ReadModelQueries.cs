using System.Collections.Concurrent;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Projection;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Asks the read model's file, unless it is being made anew. Any thread may ask.</summary>
internal sealed class ReadModelQueries(DataDirectory data, ProjectionLoop projection) : IDisposable
{
    private readonly ConcurrentBag<(SqliteConnection Connection, int Generation)> _idle = [];

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => projection.WaitUntilCaughtUpAsync(cancel);

    /// <param name="parameters">$0, $1 …</param>
    /// <exception cref="ReadModelUnavailableException"/>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object> parameters)
    {
        var generation = projection.Generation;
        RequireWhole(generation);
        SqliteConnection? connection = null;
        var rows = new List<T>();
        try
        {
            connection = Connect(generation);
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters.Length; i++)
                command.Parameters.AddWithValue($"${i}", parameters[i]);
            using var reader = command.ExecuteReader();
            while (reader.Read())
                rows.Add(read(reader));
        }
        catch (SqliteException failure)
        {
            connection?.Dispose();
            if (failure.IsDamage())
                projection.Damaged(generation);
            throw new ReadModelUnavailableException(failure);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }

        _idle.Add((connection, generation));
        // It may have been lost since, and what was read of the next one is only a part.
        RequireWhole(generation);
        return rows;
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var idle))
            idle.Connection.Dispose();
    }

    private void RequireWhole(int generation)
    {
        if (projection.IsRebuilding || projection.Generation != generation)
            throw new ReadModelUnavailableException("it was lost, and is made anew from the journal.");
    }

    // One that was opened before the file was made anew reads what is no longer there.
    private SqliteConnection Connect(int generation)
    {
        while (_idle.TryTake(out var idle))
        {
            if (idle.Generation == generation)
                return idle.Connection;
            idle.Connection.Dispose();
        }

        return SqliteFile.OpenReadOnly(data.ReadModel);
    }
}
