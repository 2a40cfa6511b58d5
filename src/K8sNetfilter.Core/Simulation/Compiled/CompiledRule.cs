using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>A rule, ready to be asked. Made when a packet first gets to it.</summary>
internal sealed class CompiledRule
{
    private readonly Bits128 _source;
    private readonly Bits128 _sourceMask;
    private readonly Bits128 _destination;
    private readonly Bits128 _destinationMask;
    private readonly bool _sourceNegated;
    private readonly bool _destinationNegated;
    private readonly bool _protocolNegated;
    private readonly bool _inNegated;
    private readonly bool _outNegated;
    private readonly bool _fragment;
    private readonly bool _never;
    private readonly short _protocol = -1;
    private readonly InterfacePattern? _in;
    private readonly InterfacePattern? _out;
    private readonly Condition[] _conditions;
    private readonly RuleRef _rule;

    /// <summary>Makes a rule ready.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="compiler">Makes its parts.</param>
    /// <param name="forOne">Only packets to one address come here.</param>
    public CompiledRule(RuleRef rule, RuleCompiler compiler, bool forOne = false)
    {
        _rule = rule;
        if (rule.IsUnread)
        {
            // Its line is not what it means: neither conditions nor target can be taken from it.
            _conditions = [new Condition("(rule of nft)", _ => MatchOutcome.Unknown,
                _ => CompiledMessages.IptablesCannotExpressThisRule)];
            string command = $"nft list table {(compiler.Family == IPFamily.IPv6 ? "ip6" : "ip")} {Printable.Text(rule.InChain.Table, 40)}";
            Target = new() { Action = WalkAction.Unread, Name = "(rule of nft)",
                Detail = CompiledMessages.IsNftsOwnAndIptables(command) };
            return;
        }

        if (RuleFields.TryRead(rule.Line, out var glance))
        {
            bool addresses = glance.Source.IsEmpty
                || AddressBits.TryParsePrefix(glance.Source, compiler.Family, out _source, out _sourceMask);
            addresses &= glance.Destination.IsEmpty
                || AddressBits.TryParsePrefix(glance.Destination, compiler.Family, out _destination, out _destinationMask);
            if (addresses && TryProtocol(glance.Protocol, out _protocol))
            {
                _sourceNegated = glance.SourceNegated;
                _destinationNegated = glance.DestinationNegated;
                _never = (_sourceNegated && _sourceMask == 0) || (_destinationNegated && _destinationMask == 0);
                _protocolNegated = _protocol >= 0 && glance.ProtocolNegated;
                if (!glance.In.IsEmpty)
                {
                    _in = new InterfacePattern(RulesetText.Decode(glance.In));
                    _inNegated = glance.InNegated;
                }

                if (!glance.Out.IsEmpty)
                {
                    _out = new InterfacePattern(RulesetText.Decode(glance.Out));
                    _outNegated = glance.OutNegated;
                }

                _conditions = compiler.Conditions(rule, glance);
                Target = compiler.Target(rule, glance, forOne);
                return;
            }

            (_source, _sourceMask, _destination, _destinationMask, _protocol) = (default, default, default, default, -1);
        }

        var family = compiler.Family;
        List<Condition>? conditions = null;
        foreach (var match in rule.Rule.Conditions)
        {
            switch (match)
            {
                case AddressMatch { IsSource: true } source when source.Family == family:
                    (_source, _sourceMask, _sourceNegated) = (source.Value.Address, source.Value.Mask, source.Negated);
                    _never |= _sourceNegated && _sourceMask == 0;
                    break;
                case AddressMatch { IsSource: false } destination when destination.Family == family:
                    (_destination, _destinationMask, _destinationNegated) = (
                        destination.Value.Address, destination.Value.Mask, destination.Negated);
                    _never |= _destinationNegated && _destinationMask == 0;
                    break;
                case ProtocolMatch protocol:
                    // "! -p all" is refused by iptables; the kernel takes 0 for any protocol.
                    (_protocol, _protocolNegated) = protocol.Protocol == 0 ? ((short)-1, false) : (protocol.Protocol, protocol.Negated);
                    break;
                case InterfaceMatch { IsInput: true } input:
                    (_in, _inNegated) = (new InterfacePattern(input.Interface), input.Negated);
                    break;
                case InterfaceMatch output:
                    (_out, _outNegated) = (new InterfacePattern(output.Interface), output.Negated);
                    break;
                case FragmentMatch fragment:
                    // Packets here are whole, so that no fragment beyond the first is met.
                    _fragment |= !fragment.Negated;
                    break;
                default:
                    compiler.AddConditions(conditions ??= [], match);
                    break;
            }
        }

        _conditions = conditions is null ? [] : [.. conditions];
        Target = compiler.Target(rule, forOne);
    }

    // -1 for any; false for a name that is not known.
    private static bool TryProtocol(ReadOnlySpan<byte> name, out short protocol)
    {
        protocol = -1;
        if (name.IsEmpty || name.SequenceEqual("all"u8) || name.SequenceEqual("0"u8))
        {
            return true;
        }

        if (name.SequenceEqual("tcp"u8))
        {
            protocol = IPProtocolName.Tcp;
            return true;
        }

        bool known = IPProtocolName.TryParse(RulesetText.Decode(name), out byte number);
        protocol = known ? number : (short)-1;
        return known;
    }

    public NetfilterRule Rule => _rule.Rule;

    public CompiledTarget Target { get; }

    /// <summary>
    /// Asks the packet. Unknown only where no part says No; <paramref name="open"/> is then the condition that decides, and null where it
    /// is the packet's own address or interface.
    /// </summary>
    public MatchOutcome Test(BranchState packet, out Condition? open)
    {
        open = null;
        if (Misses(packet.Packet))
        {
            return MatchOutcome.No;
        }

        var outcome = TestInterfaces(packet.Packet);
        if (outcome == MatchOutcome.No)
        {
            return outcome;
        }

        if (_sourceMask != 0 && !packet.Packet.SourceKnown)
        {
            outcome = MatchOutcome.Unknown;
        }

        bool own = outcome == MatchOutcome.Unknown;
        foreach (var condition in _conditions)
        {
            var one = packet.Settle(condition);
            if (one == MatchOutcome.No)
            {
                open = null;
                return one;
            }

            if (one == MatchOutcome.Unknown)
            {
                outcome = one;

                // Chance comes last: it is only chance where nothing else is open.
                if (!own && (open is null || open.Chance is not null))
                {
                    open = condition;
                }
            }
        }

        return outcome;
    }

    // By an address or the protocol, as far as they are known.
    private bool Misses(in WalkPacket packet) => IsOtherSource(packet) || IsOtherDestination(packet) || IsOtherProtocol(packet)
        || _fragment || _never;

    private bool IsOtherSource(in WalkPacket packet) =>
        _sourceMask != 0 && packet.SourceKnown && ((packet.Source & _sourceMask) == _source) == _sourceNegated;

    private bool IsOtherDestination(in WalkPacket packet) =>
        _destinationMask != 0 && ((packet.Destination & _destinationMask) == _destination) == _destinationNegated;

    private bool IsOtherProtocol(in WalkPacket packet) => _protocol >= 0 && (packet.Protocol == _protocol) == _protocolNegated;

    private MatchOutcome TestInterfaces(in WalkPacket packet)
    {
        var outcome = MatchOutcome.Yes;
        if (_in is { } input)
        {
            outcome = MatchOutcomes.Invert(input.Test(packet.In), _inNegated);
            if (outcome == MatchOutcome.No)
            {
                return outcome;
            }
        }

        if (_out is { } output)
        {
            var one = MatchOutcomes.Invert(output.Test(packet.Out), _outNegated);
            outcome = one == MatchOutcome.Yes ? outcome : one;
        }

        return outcome;
    }

    /// <summary>How probable the match is where chance alone decides; null where something unknown does.</summary>
    public double? Chance(BranchState packet)
    {
        double chance = 1;
        foreach (var condition in _conditions)
        {
            if (packet.Settle(condition) == MatchOutcome.Unknown)
            {
                if (condition.Chance is not { } one)
                {
                    return null;
                }

                chance *= one;
            }
        }

        return (_sourceMask != 0 && !packet.Packet.SourceKnown) || _in?.Test(packet.Packet.In) == MatchOutcome.Unknown
            || _out?.Test(packet.Packet.Out) == MatchOutcome.Unknown
            ? null : chance;
    }

    /// <summary>How many conditions are unknown for the packet.</summary>
    public int CountOpen(BranchState packet)
    {
        int count = _sourceMask != 0 && !packet.Packet.SourceKnown ? 1 : 0;
        count += _in?.Test(packet.Packet.In) == MatchOutcome.Unknown ? 1 : 0;
        count += _out?.Test(packet.Packet.Out) == MatchOutcome.Unknown ? 1 : 0;
        foreach (var condition in _conditions)
        {
            count += packet.Settle(condition) == MatchOutcome.Unknown ? 1 : 0;
        }

        return count;
    }

    /// <summary>Why the outcome is what it is, in words.</summary>
    public string Why(BranchState packet, MatchOutcome outcome)
    {
        if (outcome == MatchOutcome.Yes)
        {
            string words = string.Join(' ', Rule.Conditions.Where(m => m.Name != "comment"));
            return words.Length == 0 ? CompiledMessages.MatchesEveryPacket : "matches " + words;
        }

        bool unknown = outcome == MatchOutcome.Unknown;
        if (WhyOfHeader(packet.Packet, unknown) is { } header)
        {
            return header;
        }

        if (_in is { } input && MatchOutcomes.Invert(input.Test(packet.Packet.In), _inNegated) == outcome)
        {
            return packet.Packet.In is { } name ? CompiledMessages.InInterfaceDoesNotFit(Show(name))
                : CompiledMessages.InterfaceThatPacketComesIn;
        }

        if (_out is { } output && MatchOutcomes.Invert(output.Test(packet.Packet.Out), _outNegated) == outcome)
        {
            return packet.Packet.Out is { } name ? CompiledMessages.OutInterfaceDoesNotFit(Show(name))
                : CompiledMessages.InterfaceThatPacketLeavesThrough;
        }

        foreach (var condition in _conditions)
        {
            if (packet.Settle(condition) == outcome)
            {
                return unknown ? condition.WhyUnknown(packet) : CompiledMessages.ConditionDoesNotHold(condition.Text);
            }
        }

        return unknown ? CompiledMessages.ItCannotBeDecided : CompiledMessages.DoesNotMatch;

        static string Show(string name) => name.Length == 0 ? "(none)" : name;
    }

    private string? WhyOfHeader(in WalkPacket packet, bool unknown)
    {
        if (unknown && _sourceMask != 0 && !packet.SourceKnown)
        {
            return CompiledMessages.PacketsSourceAddressIsNot;
        }

        if (IsOtherSource(packet))
        {
            return CompiledMessages.SourceIs(AddressBits.ToAddress(packet.Source, packet.Family), Prefix(_source, _sourceMask, _sourceNegated, packet.Family));
        }

        if (IsOtherDestination(packet))
        {
            string prefix = Prefix(_destination, _destinationMask, _destinationNegated, packet.Family);
            return CompiledMessages.DestinationIs(AddressBits.ToAddress(packet.Destination, packet.Family), prefix);
        }

        if (IsOtherProtocol(packet))
        {
            return $"protocol {IPProtocolName.Of(packet.Protocol)} is {(_protocolNegated ? "" : "not ")}{IPProtocolName.Of((byte)_protocol)}";
        }

        return _never ? CompiledMessages.NoPacketIsOutsideOf : _fragment ? CompiledMessages.PacketIsNotFragment : null;
    }

    private static string Prefix(Bits128 address, Bits128 mask, bool negated, IPFamily family)
    {
        int length = mask.PopCount();
        bool plain = mask == AddressBits.Mask(length, family);
        bool host = plain && length == family.Bits;
        string end = host ? "" : plain ? $"/{length}" : $"/{AddressBits.ToAddress(mask, family)}";
        return (negated ? "" : "not ") + (host ? "" : "in ") + AddressBits.ToAddress(address, family) + end;
    }
}
