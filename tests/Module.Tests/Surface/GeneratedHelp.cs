using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Surface;

/// <summary>
/// The parts of a cmdlet's page that follow from its code: the section SYNTAX, the block of YAML below each parameter, and the section INPUTS.
/// </summary>
internal sealed partial class GeneratedHelp
{
    private readonly CmdletInfo _cmdlet;
    private readonly object _instance;
    private readonly HashSet<string> _common = [.. Cmdlet.CommonParameters];

    public GeneratedHelp(CmdletInfo cmdlet)
    {
        _cmdlet = cmdlet;
        _instance = Activator.CreateInstance(cmdlet.ImplementingType)!;
    }

    /// <summary>The page with these parts as the code has them now.</summary>
    public string Apply(string page)
    {
        string[] order = [.. ParameterHeading().Matches(page).Select(m => m.Groups[1].Value)];
        page = ReplaceSection(page, "SYNTAX", Syntax(order));
        page = ReplaceSection(page, "INPUTS", Inputs());
        return ParameterSection().Replace(page, m => Names.Contains(m.Groups["name"].Value)
            ? $"{m.Groups["text"].Value.TrimEnd()}\n\n{Yaml(m.Groups["name"].Value)}\n\n"
            : m.Value);
    }

    private HashSet<string> Names => [.. _cmdlet.Parameters.Keys.Where(k => !_common.Contains(k))];

    private string Syntax(string[] order)
    {
        var text = new StringBuilder();
        foreach (var set in _cmdlet.ParameterSets.OrderByDescending(s => s.IsDefault).ThenBy(s => s.Name, StringComparer.Ordinal))
        {
            if (_cmdlet.ParameterSets.Count > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"### {set.Name}{(set.IsDefault ? " (Default)" : "")}\n\n");
            }

            var parameters = set.Parameters.Where(p => !_common.Contains(p.Name))
                .OrderBy(p => p.Position < 0 ? int.MaxValue : p.Position)
                .ThenByDescending(p => p.IsMandatory).ThenBy(p => (uint)Array.IndexOf(order, p.Name));
            string[] words = [_cmdlet.Name, .. parameters.Select(Form), "[<CommonParameters>]"];
            text.Append("```powershell\n").Append(Wrap(words)).Append("\n```\n\n");
        }

        return text.ToString();
    }

    private static string Wrap(IEnumerable<string> words)
    {
        var lines = new List<string> { "" };
        foreach (string word in words)
        {
            if (lines[^1].Length + 1 + word.Length > 100)
            {
                lines.Add("   ");
            }

            lines[^1] += lines[^1].Length == 0 ? word : " " + word;
        }

        return string.Join('\n', lines);
    }

    private static string Form(CommandParameterInfo parameter)
    {
        string name = parameter.Position < 0 ? "-" + parameter.Name : $"[-{parameter.Name}]";
        string full = parameter.ParameterType == typeof(SwitchParameter) ? name : $"{name} <{TypeName(parameter.ParameterType)}>";
        return parameter.IsMandatory ? full : $"[{full}]";
    }

    private string Yaml(string name)
    {
        var groups = _cmdlet.ParameterSets.OrderByDescending(s => s.IsDefault).ThenBy(s => s.Name, StringComparer.Ordinal)
            .SelectMany(s => s.Parameters.Where(p => p.Name == name).Select(p => (Set: s.Name, Parameter: p)))
            .GroupBy(p => (p.Parameter.IsMandatory, p.Parameter.Position, Pipeline(p.Parameter)));
        return string.Join("\n\n", groups.Select(group =>
        {
            var parameter = group.First().Parameter;
            string[] sets = [.. group.Select(p => p.Set)];
            string values = string.Join(", ", AcceptedValues(parameter));
            return $"""
                ```yaml
                Type: {TypeName(parameter.ParameterType)}
                Parameter Sets: {(sets.Length == _cmdlet.ParameterSets.Count ? "(All)" : string.Join(", ", sets))}
                Aliases: {string.Join(", ", parameter.Aliases)}{(values.Length == 0 ? "" : "\nAccepted values: " + values)}
                Required: {parameter.IsMandatory}
                Position: {(parameter.Position < 0 ? "Named" : parameter.Position.ToString(CultureInfo.InvariantCulture))}
                Default value: {DefaultOf(name)}
                Accept pipeline input: {Pipeline(parameter)}
                Accept wildcard characters: {parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any()}
                ```
                """.Replace("Aliases: \n", "Aliases:\n", StringComparison.Ordinal);
        }));
    }

    private string Inputs()
    {
        var ways = _cmdlet.ParameterSets.SelectMany(s => s.Parameters)
            .Where(p => !_common.Contains(p.Name) && (p.ValueFromPipeline || p.ValueFromPipelineByPropertyName))
            .GroupBy(p => p.Name)
            .Select(g => (Name: g.Key, Type: g.First().ParameterType, ByValue: g.Any(p => p.ValueFromPipeline),
                ByName: g.Any(p => p.ValueFromPipelineByPropertyName), g.First().Aliases))
            .ToList();
        if (ways.Count == 0)
        {
            return "### None\n\nThis cmdlet takes nothing from the pipeline.\n\n";
        }

        var text = new StringBuilder();
        foreach (var type in ways.GroupBy(w => Single(w.Type)))
        {
            text.Append(CultureInfo.InvariantCulture, $"### {type.Key.FullName}\n\n");
            foreach (var way in type)
            {
                string[] properties = [way.Name, .. way.Aliases];
                string named = string.Join(" or ", properties.Select(p => $"`{p}`"));
                string how = (way.ByValue, way.ByName) switch
                {
                    (true, true) => $"the object itself, or its property {named}",
                    (true, false) => "the object itself",
                    _ => $"the object's property {named}",
                };
                text.Append(CultureInfo.InvariantCulture, $"- `-{way.Name}`: {how}.\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Pipeline(CommandParameterInfo parameter) =>
        (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static string[] AcceptedValues(CommandParameterInfo parameter)
    {
        var type = Single(parameter.ParameterType);
        // The first of an enumeration can stand for "nothing given".
        return type.IsEnum ? [.. Enum.GetNames(type).Where(n => n is not ("None" or "Unspecified"))] : [.. parameter.Attributes.OfType<ValidateSetAttribute>().SelectMany(a => a.ValidValues)];
    }

    /// <summary>The type of one value: of an array its element, of a value that may be null the value.</summary>
    private static Type Single(Type type)
    {
        type = type.GetElementType() ?? type;
        return Nullable.GetUnderlyingType(type) ?? type;
    }

    private string DefaultOf(string name)
    {
        var property = _cmdlet.ImplementingType.GetProperty(name);
        return property?.GetValue(_instance) switch
        {
            null when name is "WhatIf" or "Confirm" => "False",
            SwitchParameter given => given.IsPresent ? "True" : "False",
            null or "" or ICollection { Count: 0 } => "None",
            ICollection many => string.Join(", ", many.Cast<object>().Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string TypeName(Type type)
    {
        string end = "";
        while (type.IsArray)
        {
            end += "[]";
            type = type.GetElementType()!;
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        // An enumeration has the type code of its number.
        return (type.IsEnum ? type.Name : Type.GetTypeCode(type) switch
        {
            TypeCode.String => "string",
            TypeCode.Boolean => "bool",
            TypeCode.Double => "double",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.UInt16 => "ushort",
            TypeCode.Int64 => "long",
            _ => type == typeof(object) ? "object" : type.Name,
        }) + end;
    }

    private static string ReplaceSection(string page, string title, string body) =>
        Regex.Replace(page, $@"(?<=^## {title}\n)(.*?)(?=^## |\z)", _ => "\n" + body, RegexOptions.Singleline | RegexOptions.Multiline);

    [GeneratedRegex(@"^### -(\w+)$", RegexOptions.Multiline)]
    private static partial Regex ParameterHeading();

    // The heading and its text, up to the first block of YAML; then the blocks.
    [GeneratedRegex(
        @"(?<text>^### -(?<name>\w+)\n.*?)(?<blocks>(```yaml\n.*?\n```\s*)*)(?=^###? |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ParameterSection();
}
