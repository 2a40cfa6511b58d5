using System.Globalization;

namespace K8sNetfilter.Text;

/// <summary>
/// The language of messages. It is English whatever the caller's culture is, since there is no other yet. To add one, put the same
/// resources beside the English ones (<c>BaselineMessages.de.resx</c>) and let <see cref="Messages"/> be
/// <see cref="CultureInfo.CurrentUICulture"/>.
/// </summary>
public static class Language
{
    /// <summary>The culture that messages are looked up for. Numbers in them are always written in the invariant culture.</summary>
    public static CultureInfo Messages => CultureInfo.InvariantCulture;
}
