using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests.Database;

public sealed class SqlLiteralTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("coupon-7")]
    [InlineData("it's")]
    [InlineData("\"x\"; DROP TABLE journal -- ")]
    [InlineData("a\\b\\'")]
    [InlineData("100 % 名前 \0 ?@x")]
    public async Task Any_text_means_itself_in_every_mode_of_the_server(string text)
    {
        foreach (var mode in (string[])["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"])
        {
            var read = await _test.RowsAsync($"SET SESSION sql_mode = '{mode}'; SELECT HEX(CONVERT({SqlLiteral.Of(text)} USING utf8mb4))");
            Assert.Equal([Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text))], read);
        }
    }

    [Theory]
    [InlineData("coupon-7", "'coupon-7'")]
    [InlineData("", "_utf8mb4 x''")]
    [InlineData("'", "_utf8mb4 x'27'")]
    [InlineData(null, "NULL")]
    public void Text_stands_as_it_is_where_no_character_has_a_meaning(string? text, string literal) => Assert.Equal(literal, SqlLiteral.Of(text));
}
