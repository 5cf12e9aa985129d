using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace CouponAkka.Domain.Coupons;

/// <summary>How a coupon chooses who gets it.</summary>
public enum CouponType
{
    FirstComeFirstServed = 1,
}

/// <summary>What a type is called by programs: in answers, and in the tables of the read model.</summary>
public static class CouponTypeCode
{
    public const string FirstComeFirstServed = "FIRST_COME_FIRST_SERVED";
}

/// <summary>
/// What an administrator decides about a coupon. The rules here are for what is given today; what an older release took is still read, so a journal
/// may hold more.
/// </summary>
/// <param name="Title">As <see cref="IsTitle"/> says, unless an older release took another.</param>
/// <param name="TotalQuantity">How many can be issued; null means without limit but <see cref="MaxQuantity"/>.</param>
/// <param name="DiscountAmount">What the coupon takes off an order, in the currency's smallest unit.</param>
/// <param name="MinAvailableAmount">The smallest order that it can be used for, in the same unit.</param>
/// <param name="DateIssueStart">The first moment at which it is issued.</param>
/// <param name="DateIssueEnd">The first moment at which it is no longer issued; after the start.</param>
/// <param name="VendorId">Who is paid when it is used, if anyone.</param>
public sealed record CouponPolicy(
    string Title,
    long? TotalQuantity,
    long DiscountAmount,
    long MinAvailableAmount,
    Timestamp DateIssueStart,
    Timestamp DateIssueEnd,
    long? VendorId = null,
    CouponType Type = CouponType.FirstComeFirstServed)
{
    /// <summary>How many units a coupon can hold.</summary>
    public const long MaxQuantity = 1 << 30;

    /// <summary>In code points.</summary>
    public const int MaxTitleLength = 255;

    /// <summary>What every JSON reader holds exactly.</summary>
    public const long MaxAmount = Ids.Max;

    /// <summary>How many can be issued: a total of an older release may be more than a coupon can hold.</summary>
    public long Limit => TotalQuantity is { } total && total < MaxQuantity ? total : MaxQuantity;

    /// <summary>
    /// Whether people can read it as a title: 1 … <see cref="MaxTitleLength"/> code points, not all of them blank, without a control character, a line break, or a
    /// character that turns the direction of what follows it.
    /// </summary>
    public static bool IsTitle([NotNullWhen(true)] string? title)
    {
        if (string.IsNullOrWhiteSpace(title))
            return false;
        foreach (var character in title.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(character);
            var turnsDirection = character.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
            if (turnsDirection || category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                return false;
        }

        return TitleLength(title) <= MaxTitleLength;
    }

    /// <summary>How long a title is in code points, as the tables count it.</summary>
    public static int TitleLength(string title) => title.EnumerateRunes().Count();

    /// <summary>Whether so many can be issued; null means without limit.</summary>
    public static bool IsTotal(long? quantity) => quantity is null or (>= 0 and <= MaxQuantity);

    public static bool IsAmount(long amount) => amount is >= 0 and <= MaxAmount;

    /// <summary>Whether there is a moment at which it is issued.</summary>
    public static bool IsPeriod(Timestamp start, Timestamp end) => end > start;

    /// <summary>The period is half open: it contains its start and not its end.</summary>
    public bool IsOpenAt(Timestamp now) => now >= DateIssueStart && now < DateIssueEnd;
}
