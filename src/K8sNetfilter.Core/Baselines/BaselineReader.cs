using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Makes a <see cref="Baseline"/> of a file's values. Strict on purpose: an unknown key or a wrong type is an error with its line, since a
/// misspelt requirement would otherwise be a check that silently does not run.
/// </summary>
public static class BaselineReader
{
    private static readonly string[] BridgeFlags = ["callIptables", "callIp6tables", "callArptables", "hairpin"];

    /// <summary>Reads a baseline.</summary>
    /// <param name="path">The file, for errors and sources.</param>
    /// <param name="root">The file's root value.</param>
    /// <exception cref="NodeException"><c>BaselineSyntax</c>, with file, line and column.</exception>
    public static Baseline Read(string path, DataNode root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new Document(path).Baseline(root);
    }

    /// <summary>True for a name that a requirement can have: no control characters, no way out of a folder, bounded.</summary>
    internal static bool CanBeName(string text, bool pattern = false) =>
        text.Length is > 0 and <= 255 && text is not ("." or "..") && !text.Contains("..", StringComparison.Ordinal)
        && !text.StartsWith('/') && !text.StartsWith('-')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || "._-/:@+,".Contains(c) || (pattern && c is '*' or '?'));

    private sealed class Document(string path)
    {
        private string _name = "";

        public Baseline Baseline(DataNode root)
        {
            var map = Map(root, BaselineMessages.ABaseline,
                ["$schema", "name", "description", "extends", "modules", "sysctls", "files", "bridges", "chains"]);
            _name = Name(Need(root, map, "name"), BaselineMessages.ABaselinesName);
            var requirements = new List<BaselineRequirement>();
            Each(map, "modules", item => requirements.Add(Module(item)));
            Each(map, "sysctls", item => requirements.Add(Sysctl(item)));
            Each(map, "files", item => requirements.Add(File(item)));
            Each(map, "bridges", item => requirements.AddRange(Bridge(item)));
            Each(map, "chains", item => requirements.Add(Chain(item)));
            var seen = new HashSet<object>();
            foreach (var requirement in requirements)
            {
                if (!seen.Add((requirement.Identity, requirement.When.ToString())))
                {
                    throw BaselineErrors.Syntax(path, requirement.Source!.Line, 1,
                        BaselineMessages.RequiredTwice(requirement.Kind, requirement.Name));
                }
            }

            return new Baseline
            {
                Name = _name,
                Description = map.TryGetValue("description", out var description) ? Text(description, "description") : null,
                Path = path,
                Extends = map.TryGetValue("extends", out var extends) ? Texts(extends, "extends") : [],
                Requirements = [.. requirements],
            };
        }

        private BaselineRequirement Module(DataNode item)
        {
            var map = Requirement(item, BaselineMessages.AModule, ["name", "state"]);
            string name = Name(Need(item, map, "name"), BaselineMessages.AModulesName);
            string state = map.TryGetValue("state", out var node) ? Choice(node, "state", ["present", "absent"]) : "present";
            return Finish(item, map, BaselineRequirementKind.Module, name.Replace('-', '_'), BaselineExpectation.Exactly(state));
        }

        private BaselineRequirement Sysctl(DataNode item)
        {
            var map = Requirement(item, BaselineMessages.ASysctl, ["name", "value", "minimum", "maximum", "oneOf"]);
            string name = Name(Need(item, map, "name"), BaselineMessages.ASysctlsName);
            bool exact = map.ContainsKey("value"), list = map.ContainsKey("oneOf");
            bool bounds = map.ContainsKey("minimum") || map.ContainsKey("maximum");
            if ((exact ? 1 : 0) + (list ? 1 : 0) + (bounds ? 1 : 0) != 1)
            {
                throw Wrong(item, BaselineMessages.SysctlNeedsValue(name));
            }

            if (exact)
            {
                return Finish(item, map, BaselineRequirementKind.Sysctl, name, BaselineExpectation.Exactly(Value(map["value"])));
            }

            if (list)
            {
                var values = Items(map["oneOf"], "oneOf").Select(Value).ToArray();
                return values.Length == 0
                    ? throw Wrong(map["oneOf"], BaselineMessages.OneOfIsEmpty)
                    : Finish(item, map, BaselineRequirementKind.Sysctl, name, BaselineExpectation.OneOf(values));
            }

            long? minimum = map.TryGetValue("minimum", out var low) ? Number(low, "minimum") : null;
            long? maximum = map.TryGetValue("maximum", out var high) ? Number(high, "maximum") : null;
            return minimum > maximum
                ? throw Wrong(low!, BaselineMessages.MinimumAboveMaximum(minimum, maximum))
                : Finish(item, map, BaselineRequirementKind.Sysctl, name, BaselineExpectation.Between(minimum, maximum));
        }

        private BaselineRequirement File(DataNode item)
        {
            var map = Requirement(item, BaselineMessages.AFile, ["path"], atBoot: false);
            var node = Need(item, map, "path");
            string file = Text(node, "path");
            return !file.StartsWith('/') || file.Split('/').Contains("..")
                ? throw Wrong(node, BaselineMessages.FilePathInvalid)
                : Finish(item, map, BaselineRequirementKind.File, file, BaselineExpectation.Exactly("agrees"));
        }

        private List<BaselineRequirement> Bridge(DataNode item)
        {
            var map = Requirement(item, BaselineMessages.ABridge, ["name", .. BridgeFlags], atBoot: false);
            string name = Name(Need(item, map, "name"), BaselineMessages.ABridgesName, pattern: true);
            var flags = BridgeFlags.Where(map.ContainsKey).Select(flag => Finish(
                item, map, BaselineRequirementKind.Bridge, name, BaselineExpectation.Exactly(Boolean(map[flag], flag) ? "on" : "off"), flag));
            return flags.ToList() is { Count: > 0 } some
                ? some
                : throw Wrong(item, BaselineMessages.BridgeNeedsProperty(name, string.Join(", ", BridgeFlags)));
        }

        private BaselineRequirement Chain(DataNode item)
        {
            var map = Requirement(item, BaselineMessages.AChain, ["name", "table", "family"], atBoot: false);
            string name = Name(Need(item, map, "name"), BaselineMessages.AChainsName);
            string table = Name(Need(item, map, "table"), BaselineMessages.ATablesName);
            string family = map.TryGetValue("family", out var node) ? Choice(node, "family", ["IPv4", "IPv6"]) : "IPv4";
            return Finish(item, map, BaselineRequirementKind.Chain, name, BaselineExpectation.Exactly("reached"), table, family);
        }

        private Dictionary<string, DataNode> Requirement(DataNode item, string what, string[] own, bool atBoot = true) =>
            Map(item, what, atBoot ? [.. own, "atBoot", "reason", "link", "when"] : [.. own, "reason", "link", "when"]);

        private BaselineRequirement Finish(
            DataNode item, Dictionary<string, DataNode> map, BaselineRequirementKind kind, string name, BaselineExpectation expected,
            string? property = null, string? family = null)
        {
            return new BaselineRequirement
            {
                Baseline = _name,
                Kind = kind,
                Name = name,
                Property = property,
                Family = family,
                Expected = expected,
                AtBoot = kind is BaselineRequirementKind.Module or BaselineRequirementKind.Sysctl
                    && (!map.TryGetValue("atBoot", out var boot) || Boolean(boot, "atBoot")),
                Reason = map.TryGetValue("reason", out var reason) ? Text(reason, "reason") : null,
                Link = map.TryGetValue("link", out var link) ? Address(link) : null,
                When = map.TryGetValue("when", out var when) ? Condition(when) : BaselineCondition.Always,
                Source = new SourceLine(path, item.Line),
            };
        }

        private BaselineCondition Condition(DataNode node)
        {
            var map = Map(node, BaselineMessages.ACondition, ["ipv6", "proxyMode", "cni", "containerRuntime", "kernel", "localNodePorts"]);
            (Version? atLeast, Version? below) = map.TryGetValue("kernel", out var kernel) ? Kernel(kernel) : default;
            return new BaselineCondition
            {
                IPv6 = map.TryGetValue("ipv6", out var ipv6) ? Boolean(ipv6, "ipv6") : null,
                ProxyMode = map.TryGetValue("proxyMode", out var mode) ? Texts(mode, "proxyMode") : [],
                Cni = map.TryGetValue("cni", out var cni) ? Texts(cni, "cni") : [],
                ContainerRuntime = map.TryGetValue("containerRuntime", out var runtime) ? Texts(runtime, "containerRuntime") : [],
                LocalNodePorts = map.TryGetValue("localNodePorts", out var ports) ? Boolean(ports, "localNodePorts") : null,
                From = atLeast,
                Below = below,
            };
        }

        private (Version? AtLeast, Version? Below) Kernel(DataNode node)
        {
            Version? atLeast = null, below = null;
            foreach (string part in Text(node, "kernel").Split(',', StringSplitOptions.TrimEntries))
            {
                bool low = part.StartsWith(">=", StringComparison.Ordinal);
                bool high = !low && part.StartsWith('<') && !part.StartsWith("<=", StringComparison.Ordinal);
                if ((!low && !high) || !Version.TryParse(part.AsSpan(low ? 2 : 1).Trim(), out var version))
                {
                    throw Wrong(node, BaselineMessages.KernelInvalid);
                }

                (atLeast, below) = low ? (version, below) : (atLeast, version);
            }

            return (atLeast, below);
        }

        private Uri Address(DataNode node) =>
            Uri.TryCreate(Text(node, "link"), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
                ? uri
                : throw Wrong(node, BaselineMessages.LinkInvalid);

        /// <summary>A name that is going to be used in a path or shown: no control characters, no way out of a folder, bounded.</summary>
        private string Name(DataNode node, string what, bool pattern = false)
        {
            string text = Text(node, what);
            bool good = CanBeName(text, pattern);
            return good ? text : throw Wrong(node, BaselineMessages.NameInvalid(text, what));
        }

        private string Value(DataNode node)
        {
            string value = node.Kind switch
            {
                DataKind.Text or DataKind.Number => node.Text!,
                _ => throw Wrong(node, BaselineMessages.ValueIsNoText(Describe(node))),
            };
            return value.Length is > 0 and <= 4096 && value.All(c => c == '\t' || !char.IsControl(c))
                ? value
                : throw Wrong(node, BaselineMessages.ValueInvalid);
        }

        private long Number(DataNode node, string what) =>
            node.Kind == DataKind.Number && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw Wrong(node, node.Kind == DataKind.Number ? BaselineMessages.NumberTooLarge(what) : BaselineMessages.NotANumber(what, Describe(node)));

        private bool Boolean(DataNode node, string what) =>
            node.Kind == DataKind.Boolean ? node.IsTrue : throw Wrong(node, BaselineMessages.NotABoolean(what, Describe(node)));

        private string Text(DataNode node, string what) =>
            node.Kind == DataKind.Text ? node.Text! : throw Wrong(node, BaselineMessages.NotAText(what, Describe(node)));

        private string Choice(DataNode node, string what, string[] choices) =>
            choices.FirstOrDefault(c => c.Equals(Text(node, what), StringComparison.OrdinalIgnoreCase))
            ?? throw Wrong(node, BaselineMessages.NotAChoice(what, string.Join(", ", choices)));

        private IReadOnlyList<DataNode> Items(DataNode node, string what) =>
            node.Kind == DataKind.List ? node.Items : throw Wrong(node, BaselineMessages.NotAList(what, Describe(node)));

        private string[] Texts(DataNode node, string what) =>
            node.Kind == DataKind.Text ? [node.Text!] : [.. Items(node, what).Select(item => Text(item, BaselineMessages.EachOf(what)))];

        private void Each(Dictionary<string, DataNode> map, string key, Action<DataNode> read)
        {
            if (!map.TryGetValue(key, out var list))
            {
                return;
            }

            var items = Items(list, key);
            if (items.Count > DataLimits.MaximumRequirements)
            {
                throw Wrong(list, BaselineMessages.TooManyItems(key, items.Count, DataLimits.MaximumRequirements));
            }

            foreach (var item in items)
            {
                read(item);
            }
        }

        private DataNode Need(DataNode owner, Dictionary<string, DataNode> map, string key) =>
            map.TryGetValue(key, out var node) ? node : throw Wrong(owner, BaselineMessages.KeyMissing(key));

        private Dictionary<string, DataNode> Map(DataNode node, string what, string[] keys)
        {
            if (node.Kind != DataKind.Map)
            {
                throw Wrong(node, BaselineMessages.NotAMap(what, Describe(node)));
            }

            var map = new Dictionary<string, DataNode>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in node.Entries)
            {
                if (!keys.Contains(entry.Key, StringComparer.OrdinalIgnoreCase))
                {
                    throw BaselineErrors.Syntax(path, entry.Line, entry.Column, BaselineMessages.UnknownKey(what, entry.Key, string.Join(", ", keys)));
                }

                if (!map.TryAdd(entry.Key, entry.Value))
                {
                    throw BaselineErrors.Syntax(path, entry.Line, entry.Column, BaselineMessages.KeyTwice(entry.Key));
                }
            }

            return map;
        }

        private NodeException Wrong(DataNode node, string what) => BaselineErrors.Syntax(path, node.Line, node.Column, what);

        private static string Describe(DataNode node) => node.Kind switch
        {
            DataKind.Null => "null",
            DataKind.Text => BaselineMessages.AText,
            DataKind.Number => BaselineMessages.ANumber,
            DataKind.Boolean => BaselineMessages.TrueOrFalse,
            DataKind.List => BaselineMessages.AList,
            _ => BaselineMessages.AMap,
        };
    }
}
