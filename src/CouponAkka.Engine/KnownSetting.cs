using System.Globalization;
using System.Reflection;

namespace CouponAkka.Engine;

/// <summary>A setting of a program of ours, as <c>Section:Name</c>, and what it is if nobody says.</summary>
/// <param name="IsListed">Whether <c>--help</c> names it.</param>
public sealed record KnownSetting(string Name, string? Default, bool IsListed = true)
{
    /// <summary>The settings that are the properties of <typeparamref name="T"/>.</summary>
    public static IEnumerable<KnownSetting> Of<T>(string section = "")
        where T : new()
    {
        var defaults = new T();
        return
            from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            where property.CanWrite
            select new KnownSetting(
                section.Length == 0 ? property.Name : $"{section}:{property.Name}",
                Convert.ToString(property.GetValue(defaults), CultureInfo.InvariantCulture));
    }
}
