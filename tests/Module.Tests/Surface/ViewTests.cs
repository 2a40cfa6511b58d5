using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;
using K8sNetfilter.Commands;
using K8sNetfilter.Configuration;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Surface;

/// <summary>What a user sees of an object without asking for more: a view of it that fits the screen and names what is there.</summary>
public sealed class ViewTests
{
    private const int Columns = 120;

    private static readonly List<XElement> Views = [.. XDocument
        .Load(Path.Combine(ModuleEngine.RepositoryRoot(), "bin/K8sNetfilter.format.ps1xml")).Descendants("View")];

    /// <summary>The types that the cmdlets say they write, this module's own.</summary>
    private static readonly HashSet<string> Written = [.. typeof(NodeCommand).Assembly.GetExportedTypes()
        .SelectMany(t => t.GetCustomAttributes<OutputTypeAttribute>()).SelectMany(o => o.Type).Select(t => t.Name)
        .Where(name => name.StartsWith("K8sNetfilter.", StringComparison.Ordinal))];

    /// <summary>A type may have a table and a list under one name.</summary>
    private static readonly Dictionary<string, XElement> ByName =
        Views.ToDictionary(v => $"{v.Element("Name")!.Value} ({v.Elements().Last().Name})", StringComparer.Ordinal);

    public static TheoryData<string> ViewNames => [.. ByName.Keys];

    public static TheoryData<string> WrittenTypes => [.. Written];

    [Theory]
    [MemberData(nameof(WrittenTypes))]
    public void Every_type_that_a_cmdlet_writes_has_a_view(string type) =>
        Assert.Contains(Views, v => v.Descendants("TypeName").Any(t => t.Value == type));

    [Theory]
    [MemberData(nameof(ViewNames))]
    public void A_view_names_a_type_and_properties_that_exist(string name)
    {
        var view = ByName[name];
        foreach (string typeName in view.Element("ViewSelectedBy")!.Elements("TypeName").Select(t => t.Value))
        {
            var type = typeof(SourceLine).Assembly.GetType(typeName) ?? typeof(NodeCommand).Assembly.GetType(typeName);
            Assert.True(type is { IsPublic: true }, $"{typeName} is not a public type.");
            Assert.All(view.Descendants("PropertyName"), p => Assert.NotNull(type.GetProperty(p.Value)));
        }
    }

    /// <summary>
    /// ConvertTo-Json knows text, numbers, times and enumerations; of all else it writes each public property. It writes an enumeration by
    /// name where that is of 64 bits. Export-Csv takes the text of a value, which an array has not.
    /// </summary>
    [Theory]
    [MemberData(nameof(WrittenTypes))]
    public void A_type_that_a_cmdlet_writes_reads_well_in_JSON_and_CSV(string type)
    {
        var left = new Stack<(Type Type, string Path)>([(typeof(SourceLine).Assembly.GetType(type) ?? typeof(NodeCommand).Assembly.GetType(type, throwOnError: true)!, type)]);
        var known = new HashSet<Type>();
        while (left.TryPop(out var next))
        {
            if (!known.Add(next.Type))
            {
                continue;
            }

            foreach (var kind in typeof(SourceLine).Assembly.GetExportedTypes().Where(t => t.IsSubclassOf(next.Type)))
            {
                left.Push((kind, kind.Name));
            }

            foreach (var property in next.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
            {
                string path = $"{next.Path}.{property.Name}";
                var value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
                Assert.False(value.IsArray && next.Path == type, $"{path} is an array: Export-Csv writes its type.");
                value = value.IsGenericType && value.GetGenericArguments() is [var item] ? item : value.GetElementType() ?? value;
                Assert.True(!value.IsEnum || Enum.GetUnderlyingType(value) == typeof(long), $"{path} is of {value.Name}, which ConvertTo-Json writes as a number.");
                bool isOurs = value.Namespace?.StartsWith("K8sNetfilter", StringComparison.Ordinal) == true;
                Assert.True(isOurs || value.IsPrimitive || value == typeof(string) || value == typeof(DateTime) || value == typeof(Uri), $"{path} is a {value}, which JSON has no text for.");
                if (isOurs && !value.IsEnum)
                {
                    left.Push((value, path));
                }
            }
        }
    }

    /// <summary>What came from another session has its enumerations as numbers with a text, which only a cast gives: "$($_.Verdict)" is the number.</summary>
    [Theory]
    [MemberData(nameof(ViewNames))]
    public void A_view_shows_what_came_from_another_session_too(string name)
    {
        var view = ByName[name];
        var type = view.Element("ViewSelectedBy")!.Elements("TypeName").Select(t => typeof(SourceLine).Assembly.GetType(t.Value) ?? typeof(NodeCommand).Assembly.GetType(t.Value)).First()!;
        var enumerations = type.GetProperties().Where(p => (Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType).IsEnum).Select(p => p.Name);
        foreach (string script in view.Descendants("ScriptBlock").Select(s => s.Value))
        {
            Assert.All(enumerations, e => Assert.DoesNotMatch($@"\$\(\$[a-z_]+\.{e}\)|(?<!string\])\$[a-z_]+\.{e} -(eq|ne|in) ", script));
        }
    }

    [Theory]
    [MemberData(nameof(ViewNames))]
    public void A_table_fits_the_screen(string name)
    {
        var view = ByName[name];
        foreach (var headers in view.Descendants("TableHeaders"))
        {
            // A column without a width takes what the others leave; it must be left at least its label.
            var columns = headers.Elements("TableColumnHeader").ToList();
            int width = columns.Sum(c => c.Element("Width") is { } w ? int.Parse(w.Value, CultureInfo.InvariantCulture) : c.Element("Label")?.Value.Length ?? 1);
            Assert.InRange(width + columns.Count - 1, 1, Columns);
            Assert.Equal(columns.Count, headers.Parent!.Descendants("TableColumnItem").Count());
        }
    }
}
