using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>
/// What the cmdlets have in common that show rules: live ones, those of saved dumps, or those of text that comes through the pipeline,
/// picked by family, backend, table and chain.
/// </summary>
public abstract class RulesetCommand : NetworkNodeCommand, ISnapshotReader
{
    private const string LiveSet = "Live";
    private const string PathSet = "Path";
    private const string TextSet = "Text";

    private static readonly string[] Archives = [".tar", ".tar.gz", ".tgz"];

    private readonly List<ChainName> _asked = [];
    private readonly List<NetfilterChain> _chainsOfRules = [];
    private RulesetParser? _text;
    private bool _isNodeRead;
    private NamePatterns? _tables;
    private NamePatterns? _chains;

    // A number: see PrecompiledAssemblies.
    private int? _backend;

    /// <summary>Names of chains; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(NetfilterChainCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Chain { get; set; } = [];

    /// <summary>Names of tables; wildcards are allowed.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NetfilterTableCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>IPv4 or IPv6; both where it is left out.</summary>
    [Parameter]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <summary>Legacy or Nft; both where it is left out.</summary>
    [Parameter]
    public NetfilterBackend? Backend { get => (NetfilterBackend?)_backend; set => _backend = (int?)value; }

    /// <summary>Files with the output of iptables-save or ip6tables-save, read in place of the live rules; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The text of a dump, as lines or whole; a file; a chain from Get-NetfilterChain; or, for that, rules.</summary>
    [Parameter(ParameterSetName = TextSet, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LiveSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TextSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <summary>True where only the chains are wanted, not their rules.</summary>
    private protected virtual bool ChainsOnly => false;

    /// <summary>The family that is asked for; unspecified for both.</summary>
    private protected IPFamily OneFamily => FamilyChoice.Of(Family);

    private NamePatterns Tables => _tables ??= new NamePatterns(Table);

    private NamePatterns Chains => _chains ??= new NamePatterns(Chain);

    /// <summary>True where whole rulesets are wanted, whatever chains and tables are asked for: they are handed to <see cref="Use"/>.</summary>
    private protected virtual bool IsWhole => false;

    /// <summary>True where what was read is a node's, and no dump's.</summary>
    private protected bool IsNode => ParameterSetName == LiveSet || IsPipedSnapshot;

    /// <summary>The hooks beside the node's whole ruleset, of the same moment; null where no node was asked or it does not say.</summary>
    private protected KernelHooks? Hooks { get; private set; }

    /// <summary>Takes a whole ruleset, where <see cref="IsWhole"/>.</summary>
    private protected virtual void Use(Ruleset ruleset)
    {
    }

    /// <summary>True for a table that was asked for; every one where none was.</summary>
    private protected bool IsAskedTable(string? table) => Table.Length == 0 || (table is not null && Tables.Matches(table));

    /// <summary>True for chains that were asked for; any where none were.</summary>
    private protected bool AreAskedChains(IReadOnlyCollection<string> chains) => Chain.Length == 0 || chains.Any(Chains.Matches);

    /// <summary>Writes one rule, if the cmdlet writes rules.</summary>
    private protected virtual void Write(NetfilterRule rule)
    {
    }

    /// <summary>Writes one chain, if the cmdlet writes chains.</summary>
    private protected virtual void Write(NetfilterChain chain)
    {
    }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        switch (ParameterSetName)
        {
            case PathSet:
                foreach (string path in Path.SelectMany(ResolveFiles))
                {
                    Guard(() => ReadFile(path), path);
                }

                break;
            case TextSet when !IsPipedSnapshot:
                ReadInput(InputObject?.BaseObject);
                break;
            default:
                _isNodeRead = true;
                ReadLive();
                break;
        }
    }

    // Taken from the object itself: to look for a property of each line of a dump would take longer than to read the line.
    private protected override string? PipedPath => InputObject?.BaseObject switch
    {
        FileSystemInfo file => "FileSystem::" + file.FullName,
        PSCustomObject when InputObject.TypeNames.Any(t => t is "Deserialized.System.IO.FileInfo" or "Deserialized.System.IO.DirectoryInfo")
            && InputObject.Properties["FullName"]?.Value is string path => "FileSystem::" + path,
        _ => null,
    };

    // A folder or archive is a snapshot; any other file is a dump.
    private protected override bool IsNoSnapshot(string path) =>
        !(Directory.Exists(path) || Archives.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase)));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_text is { } text)
        {
            Guard(() => Finish(text.Complete()));
        }

        ReadChains();
        if (ParameterSetName != TextSet || _text is not null || _isNodeRead || _chainsOfRules.Count > 0)
        {
            TellMisses();
        }
    }

    private void ReadInput(object? input)
    {
        switch (input)
        {
            case FileInfo file:
                Guard(() => ReadFile(file.FullName), file.FullName);
                _text ??= new RulesetParser(Options("(pipeline)"));
                break;
            case NetfilterChain when IsWhole:
                throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ChainsNotWhole), NodeErrorCategory.InvalidArgument);
            case NetfilterChain chain when chain.GetRules() is { Count: > 0 } kept:
                foreach (var rule in kept)
                {
                    Write(rule);
                }

                break;
            case NetfilterChain chain:
                _asked.Add(new ChainName(chain.Backend, chain.Family, chain.Table, chain.Name));
                break;
            case NetfilterRule rule when ChainsOnly:
                // Complete when all rules are read, which is when the pipeline before this cmdlet has ended.
                if (_chainsOfRules.LastOrDefault() != rule.GetChain())
                {
                    _chainsOfRules.Add(rule.GetChain());
                }

                break;
            case null:
                break;
            case not string when !IsWhole && ChainName.Of(InputObject!, ChainsOnly) is { } name:
                _asked.Add(name);
                break;
            default:
                _text ??= new RulesetParser(Options("(pipeline)"));
                _text.AddLine(input.ToString() ?? "");
                break;
        }
    }

    // Chains that do not carry their rules, and what another session read: each table is read once more, for all of its chains.
    private void ReadChains()
    {
        foreach (var table in _asked.GroupBy(c => c with { Chain = "" }))
        {
            var names = table.Select(c => c.Chain).ToHashSet(StringComparer.Ordinal);
            Guard(() => Finish(ReadNode(new RulesetQuery
            {
                Family = table.Key.Family,
                Backend = table.Key.Backend,
                Table = table.Key.Table,
                WantsChain = c => names.Contains(c.Name),
                OnRule = Write,
                OnProblem = WriteProblem,
                ChainsOnly = ChainsOnly,
            }), names));
        }

        foreach (var chain in _chainsOfRules.Distinct().Where(IsWanted))
        {
            Tables.Found(chain.Table);
            Chains.Found(chain.Name);
            Write(chain);
        }
    }

    private void ReadLive()
    {
        string? onlyTable = IsWhole ? null : Tables.Single;
        Finish(ReadNode(new RulesetQuery
        {
            Family = OneFamily,
            Backend = Backend,
            Table = onlyTable,
            WantsChain = IsWhole ? null : IsWanted,
            OnRule = IsWhole ? null : Write,
            WithoutCounters = IsWhole,
            OnProblem = WriteProblem,
            ChainsOnly = ChainsOnly,
        }));
    }

    private Ruleset ReadNode(RulesetQuery query) =>
        (IsWhole ? SteadyRuleset.Read(Node.Rulesets, query, () => Hooks = Node.Hooks.ReadHooks(StopToken), StopToken) : Node.Rulesets.Read(query, StopToken))
        ?? throw NoAnswer();

    private void ReadFile(string path) => Finish(RulesetFile.Read(path, Options(path), StopToken));

    // A dump's rules are kept, so that a chain of it can be asked for its rules later.
    private RulesetParserOptions Options(string source) => new()
    {
        Source = source,
        IsTranscript = true,
        WantsChain = IsWhole ? null : c => Tables.Matches(c.Table) && Chains.Matches(c.Name),
        OnProblem = WriteProblem,
    };

    private void Finish(Ruleset ruleset, HashSet<string>? only = null)
    {
        foreach (string notice in ruleset.Notices)
        {
            WriteWarning(notice);
        }

        foreach (var table in ruleset.Tables)
        {
            foreach (var chain in table.Chains)
            {
                if (!IsWanted(chain) || only?.Contains(chain.Name) == false)
                {
                    continue;
                }

                Tables.Found(table.Name);
                Chains.Found(chain.Name);
                if (IsWhole)
                {
                    continue;
                }

                Write(chain);
                foreach (var rule in chain.GetRules())
                {
                    StopToken.ThrowIfCancellationRequested();
                    Write(rule);
                }
            }
        }

        if (IsWhole)
        {
            Use(ruleset);
        }
    }

    private bool IsWanted(NetfilterChain chain) =>
        (OneFamily is var family && (family == IPFamily.Unspecified || chain.Family == family))
        && (Backend is null || chain.Backend is null || chain.Backend == Backend)
        && Tables.Matches(chain.Table) && Chains.Matches(chain.Name);

    private void TellMisses()
    {
        var native = Tables.Missing.Any() ? NativeTables() : [];
        foreach (string table in Tables.Missing)
        {
            if (native.FirstOrDefault(c => c.Table == table) is { } chain)
            {
                string where = $"{chain.TableFamily} {Printable.Text(table)}";
                WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.TableNative), NodeErrorCategory.NotSupported, where), table);
                continue;
            }

            WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.TableNotFound), NodeErrorCategory.NotFound, Printable.Text(table)), table);
        }

        foreach (string chain in Tables.Missing.Any() ? [] : Chains.Missing)
        {
            WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.ChainNotFound), NodeErrorCategory.NotFound, Printable.Text(chain)), chain);
        }
    }

    // Those with a base chain that is not iptables'; a table without one does nothing.
    private IReadOnlyList<NftBaseChain> NativeTables()
    {
        IReadOnlyList<NftBaseChain> found = [];
        if (ParameterSetName is not (PathSet or TextSet))
        {
            Guard(() => found = Node.Hooks.ReadHooks(StopToken)?.BaseChains ?? []);
        }

        return found;
    }

    private IEnumerable<string> ResolveFiles(string path)
    {
        var files = new List<string>();
        Guard(() =>
        {
            try
            {
                files.AddRange(GetResolvedProviderPathFromPSPath(path, out _));
            }
            catch (ItemNotFoundException)
            {
                throw NodeException.Create(Messages.ResourceManager, nameof(Messages.DumpNotFound), NodeErrorCategory.NotFound, Printable.Text(path));
            }
        }, path);
        return files;
    }
}
