using System.Collections;
using System.Management.Automation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Host.Engine;

/// <summary>What <c>Text</c> and <c>Lines</c> in a view mean, in C# (<c>Views/Text.xslt</c> has the same as script).</summary>
internal static class ViewText
{
    /// <summary>A value in one line, a list joined by commas, with control characters made visible.</summary>
    public static object Text(object? value, int maximum) => Printable.Line(string.Join(", ", Items(value)), maximum);

    /// <summary>Each item in a line of its own.</summary>
    public static object Lines(object? value) => string.Join('\n', Items(value).Select(item => Printable.Line(item)));

    // What came from another session is wrapped: a list has its items below, and an object its text beside its properties.
    private static IEnumerable<string> Items(object? value) => ((value as PSObject)?.BaseObject ?? value) switch
    {
        null => [],
        string text => [text],
        IEnumerable items => items.Cast<object?>().Where(item => item is not null).Select(item => item!.ToString() ?? ""),
        _ => [value!.ToString() ?? ""],
    };
}
