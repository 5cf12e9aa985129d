using System.Globalization;
using System.Text;

namespace CouponAkka.Domain.Coupons;

/// <summary>How a coupon chooses who gets it.</summary>
public enum CouponType
{
    FirstComeFirstServed = 1,
}

/// <summary>What an administrator decides about a coupon.</summary>
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

    public const int MaxTitleLength = 255;

    /// <summary>How many can be issued: a total of an older release may be more than a coupon can hold.</summary>
    public long Limit => TotalQuantity is { } total && total < MaxQuantity ? total : MaxQuantity;

    /// <summary>
    /// Whether people can read it as a title: 1 … <see cref="MaxTitleLength"/> code points, not all of them blank, without a control character, a line break, or a
    /// character that turns the direction of what follows it.
    /// </summary>
    public static bool IsTitle(string title)
    {
        var length = 0;
        foreach (var character in title.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(character);
            var turnsDirection = character.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
            if (turnsDirection || category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                return false;
            length++;
        }

        return length is >= 1 and <= MaxTitleLength && !string.IsNullOrWhiteSpace(title);
    }

    /// <summary>The period is half open: it contains its start and not its end.</summary>
    public bool IsOpenAt(Timestamp now) => now >= DateIssueStart && now < DateIssueEnd;
}
