using System.Text;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Database;

/// <summary>
/// A few long statements, sent together: their text holds the values, for parameters would cost more than the rows.
/// </summary>
internal sealed class SqlBatch(DataConnection connection)
{
    private const int RowsPerStatement = 1_000;

    /// <summary>Below any server's <c>max_allowed_packet</c>, even when every character takes four bytes.</summary>
    private const int MaxLength = 1 << 20;

    /// <summary>What is not sent yet.</summary>
    public StringBuilder Text { get; } = new();

    /// <param name="into">Table and columns.</param>
    /// <param name="otherwise">What follows the rows.</param>
    /// <param name="append">Writes the values of a row, without parentheses.</param>
    public async Task InsertAsync<T>(string into, string otherwise, IEnumerable<T> rows, Action<T> append)
    {
        var inStatement = 0;
        foreach (var row in rows)
        {
            Text.Append(inStatement == 0 ? $"INSERT INTO {into} VALUES (" : ", (");
            append(row);
            Text.Append(')');
            if (++inStatement < RowsPerStatement)
                continue;
            await EndStatementAsync(otherwise);
            inStatement = 0;
        }

        if (inStatement > 0)
            await EndStatementAsync(otherwise);
    }

    /// <returns>How many rows were affected.</returns>
    public async Task<int> SendAsync()
    {
        if (Text.Length == 0)
            return 0;
        var affected = await connection.ExecuteAsync(Text.ToString());
        Text.Clear();
        return affected;
    }

    private async Task EndStatementAsync(string end)
    {
        Text.Append(end).Append(";\n");
        if (Text.Length >= MaxLength)
            await SendAsync();
    }
}
