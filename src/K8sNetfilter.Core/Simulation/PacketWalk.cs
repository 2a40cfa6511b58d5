using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Simulation.Delivery;
using K8sNetfilter.Simulation.Nftables;
using K8sNetfilter.Simulation.Steps;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Simulation;

/// <summary>
/// Walks packets through a node's rules as its kernel would: the hooks in their order, each table's chains, connection tracking, address
/// translation, routing and bridging between them, and the answer's way back. Made once for a ruleset, it walks any number of packets.
/// Deterministic: the same observations give the same walk. What is not known forks it, with the reason.
/// </summary>
public sealed class PacketWalk
{
    private readonly Ruleset _ruleset;
    private readonly WalkHook[][]?[] _hooks = new WalkHook[2][][];

    private readonly bool?[] _mayStopLater = new bool?[2];
    private readonly bool?[] _tellsData = new bool?[2];
    private readonly bool _forgets;
    private readonly RuleCompiler?[] _compilers = new RuleCompiler?[2];

    // Walks side by side have one each; so has one that is made while another's branches are looked at.
    private PacketSimulation? _idle;

    /// <summary>Makes a walk.</summary>
    /// <param name="ruleset">The rules.</param>
    /// <param name="network">What is known of the node.</param>
    /// <param name="forgets">The walk is about many destinations one after the other: <see cref="Forget"/> is called in between.</param>
    /// <param name="others">The node's base chains that the rules are not of.</param>
    /// <param name="native">The base chains of nf_tables that were read in the kernel's own expressions.</param>
    internal PacketWalk(Ruleset ruleset, ForwardingModel network, bool forgets = false, OtherChains? others = null,
        NativeChains? native = null)
    {
        _ruleset = ruleset;
        _forgets = forgets;
        Network = network;
        Others = others ?? OtherChains.None;
        Native = native ?? NativeChains.None;
        Discovery = new(this);
    }

    /// <summary>
    /// A walk over the same rules on a node whose parameters or ports are others; its addresses are the same. What was made ready is
    /// shared, so that not both may walk at a time.
    /// </summary>
    internal PacketWalk With(ForwardingModel network)
    {
        var changed = new PacketWalk(_ruleset, network, _forgets, Others, Native) { IsTracking = IsTracking };
        foreach (var family in IPFamilies.Both)
        {
            int i = family.Index;
            (changed._hooks[i], changed._compilers[i]) = (Hooks(family), _compilers[i]);
            (changed._mayStopLater[i], changed._tellsData[i]) = (_mayStopLater[i], _tellsData[i]);
        }

        return changed;
    }

    /// <summary>The rules.</summary>
    internal Ruleset Rules => _ruleset;

    /// <summary>Lets go of what was made ready for one destination alone.</summary>
    internal void Forget()
    {
        foreach (var compiler in _compilers)
        {
            compiler?.Forget();
        }
    }

    internal ForwardingModel Network { get; }

    /// <summary>Whether the kernel tracks connections, where it says so; else the rules tell, as far as they do.</summary>
    internal bool? IsTracking { get; set; }

    /// <summary>Whether the rules let neighbours find each other.</summary>
    internal NeighborDiscovery Discovery { get; }

    /// <summary>The base chains that packets meet beside the rules.</summary>
    internal OtherChains Others { get; private init; }

    /// <summary>The base chains of nf_tables that are walked in the kernel's own expressions.</summary>
    internal NativeChains Native { get; }

    /// <summary>Makes a walk over a dump's rules, of which the node is not known: routes and bridges fork it where they matter.</summary>
    public static PacketWalk Create(Ruleset ruleset)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        return new PacketWalk(ruleset, ForwardingModel.Unknown);
    }

    /// <summary>Makes a walk over a node's rules, with its links, addresses, routes, bridges and parameters, which are read now.</summary>
    /// <param name="ruleset">The rules.</param>
    /// <param name="links">What the node says of its links.</param>
    /// <param name="sysctls">What the node says of its kernel parameters, asked when a walk comes to them.</param>
    /// <param name="warn">Told what makes the answers less than certain.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static PacketWalk Create(
        Ruleset ruleset, ILinkSource links, ISysctlSource sysctls, Action<string> warn, CancellationToken cancellation = default) =>
        Create(ruleset, links, sysctls, null, warn, cancellation);

    /// <summary>Makes a walk that also knows which sockets take the packets.</summary>
    /// <param name="ruleset">The rules.</param>
    /// <param name="links">What the node says of its links.</param>
    /// <param name="sysctls">What the node says of its kernel parameters, asked when a walk comes to them.</param>
    /// <param name="listeners">
    /// What the node says of its sockets, asked when a walk comes to them; null not to look who takes what arrives.
    /// </param>
    /// <param name="warn">Told what makes the answers less than certain.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static PacketWalk Create(
        Ruleset ruleset, ILinkSource links, ISysctlSource sysctls, IListenerSource? listeners, Action<string> warn,
        CancellationToken cancellation = default) =>
        Create(ruleset, links, sysctls, listeners, OtherChains.None, warn, cancellation);

    internal static PacketWalk Create(
        Ruleset ruleset, ILinkSource links, ISysctlSource sysctls, IListenerSource? listeners, OtherChains others, Action<string> warn,
        CancellationToken cancellation, NativeChains? native = null)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(sysctls);
        return new PacketWalk(ruleset, ForwardingModelReader.Read(links, sysctls, warn, cancellation, listeners), others: others,
            native: native);
    }

    /// <summary>True where the node has an interface of that name, or its interfaces are not known.</summary>
    public bool HasInterface(string name) => Network.Interfaces.Count == 0 || Network.Find(name) is not null;

    /// <summary>Walks one packet.</summary>
    /// <param name="packet">
    /// The packet as it reaches the node. <see cref="Packet.InInterface"/> is the interface or bridge port that it comes in through; empty
    /// for a packet that the node itself sends; null to take it from the routes.
    /// </param>
    /// <param name="options">How far to go, and what to keep.</param>
    /// <param name="cancellation">Ends the walk early.</param>
    public WalkResult Walk(Packet packet, WalkOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(packet);
        options ??= WalkOptions.Default;
        if (options.Entries.Count > 0)
        {
            options = options with { ByRules = [.. Follow(
                packet, options with { Entries = [], Reply = false, KeepSteps = false }, cancellation)] };
        }

        var run = Interlocked.Exchange(ref _idle, null) ?? new PacketSimulation(this);
        var result = run.Run(packet, options, cancellation);
        Volatile.Write(ref _idle, run);
        return result;
    }

    /// <summary>As <see cref="Walk"/>, and gives how each branch ended, for those who explain it.</summary>
    internal WalkEnd[] Ends(Packet packet, WalkOptions options, CancellationToken cancellation) =>
        WalkEnd.Of(Follow(packet, options, cancellation));

    private IReadOnlyList<BranchState> Follow(Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        var run = Interlocked.Exchange(ref _idle, null) ?? new PacketSimulation(this);
        var branches = run.Follow(packet, options, cancellation);
        // One that was ended early is not used again.
        Volatile.Write(ref _idle, run);
        return branches;
    }

    /// <summary>Whether rules may keep a later packet of a connection that they let come about.</summary>
    internal bool MayStopLater(IPFamily family) => _mayStopLater[family.Index] ??= Native.MayStop(family)
        || LaterPackets.MayBeStopped(Hooks(family));

    /// <summary>Whether rules can tell a packet with data from those of a TCP handshake.</summary>
    internal bool TellsData(IPFamily family) => _tellsData[family.Index] ??= Native.TellsData(family)
        || DataPackets.AreTold(WalkTables.Of(_ruleset, family));

    /// <summary>What stands on each hook of a family, in the order in which packets meet it.</summary>
    internal WalkHook[][] Hooks(IPFamily family) => _hooks[family.Index] ??= BuildHooks(family);

    private WalkHook[][] BuildHooks(IPFamily family)
    {
        var tables = WalkTables.Of(_ruleset, family);
        var compiler = new RuleCompiler(family, Network, _forgets, new SetChanges(_ruleset));
        _compilers[family.Index] = compiler;
        bool needed = !tables.Exists(t => t.Name == "nat" && t.Chains.Any(c => c.Kept > 0)) || _ruleset.Unread.Any(u => u.Family == family)
            || TrackingDemand.IsIn(tables) || Native.NeedsTracking(family);
        return new HookList(family, tables, compiler, Others, Native) { IsTrackingNeeded = needed }.Make();
    }
}
