using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Statements that do something with a packet.</summary>
internal sealed partial class RuleLineariser
{
    private void AddAction(StatementSyntax statement)
    {
        switch (statement)
        {
            case NotrackSyntax:
                _all.Add(new NotrackExpression());
                break;
            case LogSyntax log:
                AddLog(log);
                break;
            case RejectSyntax reject:
                AddReject(reject);
                break;
            case NatSyntax nat:
                AddNat(nat);
                break;
            case TproxySyntax tproxy:
                AddTproxy(tproxy);
                break;
            case QueueSyntax queue:
                AddQueue(queue);
                break;
            case FlowSyntax flow:
                _all.Add(new FlowOffloadExpression(flow.Flowtable));
                break;
            case DupSyntax dup:
                var to = AddOperand(dup.Address, 0);
                _all.Add(new DupExpression(to, AddOperand(dup.Device, 4)));
                break;
            case ForwardSyntax forward:
                var address = AddOperand(forward.Address, 0);
                var device = AddOperand(forward.Device, 4);
                _all.Add(new FwdExpression(device, address, FamilyOf(forward.Family, NftFamily.Unspecified)));
                break;
            case SynproxySyntax synproxy:
                _all.Add(TableLineariser.Synproxy(synproxy));
                break;
            case ResetOptionSyntax reset:
                _all.Add(new ExthdrWriteExpression(NftExthdrOperation.Tcp, (byte)reset.Option.Number, 0, 0, NftRegister.None));
                break;
            default:
                throw new NotLinearisedException($"a statement of the kind {statement.GetType().Name} has no expression that is known");
        }
    }

    private static NftFamily FamilyOf(string? family, NftFamily none) => family switch { "ip" => NftFamily.IPv4, "ip6" => NftFamily.IPv6,
        _ => none };

    private void AddLog(LogSyntax log)
    {
        uint flags = 0;
        if (log.Flags.Contains("all"))
        {
            flags = 47;
        }

        foreach (string flag in log.Flags)
        {
            flags |= flag switch { "tcp sequence" => 1, "tcp options" => 2, "ip options" => 4, "skuid" => 8, "ether" => 32, _ => 0u };
        }

        int level = log.Level is null ? 4
            : Array.IndexOf(["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"],
                log.Level is "warning" ? "warn" : log.Level);
        bool toGroup = log.Group is not null;
        _all.Add(new LogExpression(
            log.Prefix,
            (ushort?)log.Group,
            toGroup ? log.Snaplen ?? 0 : null,
            toGroup ? (ushort)(log.QueueThreshold ?? 0) : null,
            toGroup ? null : (uint)Math.Max(0, level),
            toGroup ? null : flags));
    }

    private void AddReject(RejectSyntax reject)
    {
        string kind = reject.Kind ?? _context.Network switch { "ip" => "icmp", "ip6" => "icmpv6", _ => "icmpx" };
        if (kind is "icmp" or "icmpv6" && reject.Kind is not null && _context.Network is null)
        {
            _context.RequireFirst(kind == "icmp" ? "ip" : "ip6");
        }

        if (kind == "tcp reset")
        {
            _context.RequireFirst("tcp");
        }

        byte code = reject.Code is ValueSyntax value ? (byte)value.Value.Low : (byte)(kind switch { "icmp" => 3, "icmpv6" => 4,
            "icmpx" => 1, _ => 0 });
        _all.Add(new RejectExpression(kind switch { "tcp reset" => NftRejectType.TcpReset, "icmpx" => NftRejectType.Icmpx,
            _ => NftRejectType.Icmp }, code));
    }

    private void AddQueue(QueueSyntax queue)
    {
        ushort flags = (ushort)((queue.Flags.Contains("bypass") ? 1 : 0) | (queue.Flags.Contains("fanout") ? 2 : 0));
        switch (queue.Number)
        {
            case ValueSyntax number:
                _all.Add(new QueueExpression((ushort)number.Value.Low, 1, NftRegister.None, flags));
                break;
            case RangeSyntax { Low: ValueSyntax low, High: ValueSyntax high }:
                _all.Add(new QueueExpression((ushort)low.Value.Low, (ushort)(high.Value.Low - low.Value.Low + 1), NftRegister.None,
                flags));
                break;
            default:
                Prepare(queue.Number);
                var register = Take(4);
                Load(queue.Number, register, true);
                _all.Add(new QueueExpression(0, 0, register, flags));
                break;
        }
    }

    /// <summary>Loads an address, a port or a device; none if there is none.</summary>
    private NftRegister AddOperand(ExpressionSyntax? operand, int length)
    {
        if (operand is null)
        {
            return NftRegister.None;
        }

        Prepare(operand);
        length = length > 0 ? length : Math.Max(4, operand.Type.Bytes);
        var register = Take(length);
        LoadInto(operand, register, operand.Type, length, operand.Type.Order);
        return register;
    }

    private (NftRegister Min, NftRegister Max) AddRangeOperand(ExpressionSyntax? operand, int length)
    {
        if (operand is PrefixSyntax { Value: ValueSyntax start } prefix)
        {
            int bits = prefix.Type.Bits;
            var rest = ValueBytes.Mask(prefix.Length, bits) ^ ValueBytes.Mask(bits, bits);
            operand = new RangeSyntax(start, start with { Value = start.Value | rest });
        }

        if (operand is RangeSyntax range)
        {
            var low = Take(length);
            var high = Take(length);
            LoadInto(range.Low, low, range.Type, length, ValueOrder.Network);
            LoadInto(range.High, high, range.Type, length, ValueOrder.Network);
            return (low, high);
        }

        var register = AddOperand(operand, length);
        return (register, register);
    }

    private void AddNat(NatSyntax nat)
    {
        var family = nat.Family is not null ? FamilyOf(nat.Family, NftFamily.Inet) : _context.Family switch
        {
            "ip" => NftFamily.IPv4, "ip6" => NftFamily.IPv6, _ => nat.Address is null ? NftFamily.Inet
                : nat.Address.Type.Form == ValueForm.IPv6 || nat.Address.Type.Parts is [{ Form: ValueForm.IPv6 },
                ..] ? NftFamily.IPv6 : NftFamily.IPv4,
        };
        int addressBytes = family == NftFamily.IPv6 ? 16 : 4;
        var address = AddRangeOperand(nat.Address, nat.Address is MapSyntax ? 0 : addressBytes);
        var port = AddRangeOperand(nat.Port, 2);
        if (nat.Address is MapSyntax map)
        {
            (address, port) = MappedRegisters(map, address.Min, port, addressBytes);
        }

        var flags = NftNatFlags.None;
        foreach (string flag in nat.Flags)
        {
            flags |= flag switch { "random" => NftNatFlags.Random, "persistent" => NftNatFlags.Persistent, _ => NftNatFlags.FullyRandom };
        }

        flags |= address.Min.IsPresent ? NftNatFlags.MapAddresses : 0;
        flags |= port.Min.IsPresent ? NftNatFlags.PortSpecified : 0;
        flags |= nat.IsPrefix ? NftNatFlags.Netmap : 0;
        _all.Add(nat.Kind switch
        {
            "masquerade" => new MasqueradeExpression(port.Min, port.Max, flags),
            "redirect" => new RedirectExpression(port.Min, port.Max, flags),
            _ => new NatExpression(nat.Kind == "dnat", family, address.Min, address.Max, port.Min, port.Max, flags),
        });
    }

    // A map gives all at once: the address, to which address, the port, to which port, each in the next registers.
    private ((NftRegister Min, NftRegister Max) Address, (NftRegister Min, NftRegister Max) Port) MappedRegisters(
        MapSyntax map, NftRegister first, (NftRegister Min, NftRegister Max) port, int addressBytes)
    {
        bool ranges = _table.HasDataRanges(map.Map);
        bool ports = map.Type.Parts.Count > 1 || _table.DataParts(map.Map) > 1;
        var second = After(first, addressBytes);
        if (ports)
        {
            return ranges ? ((first, After(second, 4)), (second, After(After(second, 4), addressBytes))) : ((first, first),
                (second, second));
        }

        return ranges ? ((first, second), port) : ((first, first), port);
    }

    private void AddTproxy(TproxySyntax tproxy)
    {
        var address = AddOperand(tproxy.Address, 0);
        var port = AddOperand(tproxy.Port, 2);
        var family = tproxy.Family is not null ? FamilyOf(tproxy.Family, NftFamily.Unspecified) : _context.Family switch
        {
            "ip" => NftFamily.IPv4, "ip6" => NftFamily.IPv6, _ => NftFamily.Unspecified,
        };
        _all.Add(new TproxyExpression(family, address, port));
    }

    private void AddAssignment(AssignmentSyntax assignment)
    {
        var target = assignment.Target;
        Prepare(target);
        Prepare(assignment.Value);
        if (target is PayloadSyntax or RawPayloadSyntax)
        {
            AddPayloadWrite(target, assignment.Value);
            return;
        }

        int length = Math.Max(1, Bytes(target.Bits));
        var register = Take(length);
        LoadInto(assignment.Value, register, target.Type, length, target.Order);
        _all.Add(target switch
        {
            MetaSyntax meta => new MetaWriteExpression(MetaKey(meta.Key), register),
            CtSyntax ct => new CtWriteExpression((NftCtKey)ct.Key.Number, Direction(ct.Direction), register),
            OptionSyntax { Field: { } field } option => new ExthdrWriteExpression(
                (NftExthdrOperation)option.Header.Kind, (byte)option.Header.Number, (uint)field.Offset / 8, (uint)length, register),
            _ => throw new NotLinearisedException("what is set is nothing that the kernel sets"),
        });
    }

    // A checksum is of words of 16 bits: what is smaller is loaded with its neighbours, changed and written back.
    private void AddPayloadWrite(ExpressionSyntax target, ExpressionSyntax value)
    {
        var (header, offset, bits) = target is PayloadSyntax { Field: var field } ? (field.Header, OffsetOf(field), field.Bits)
            : ("", ((RawPayloadSyntax)target).Offset, ((RawPayloadSyntax)target).Length);
        var from = target is RawPayloadSyntax raw ? (NftPayloadBase)raw.Base : (NftPayloadBase)HeaderFields.BaseOf(header);
        uint checksumOffset = header switch { "ip" => 10, "icmp" or "icmpv6" or "igmp" => 2, "udp" => 6, "tcp" => 16, "sctp" => 8,
            _ => 0 };
        var checksum = checksumOffset == 0 ? NftChecksum.None : header == "sctp" ? NftChecksum.Sctp : NftChecksum.Internet;
        uint pseudo = header is "ip" or "ip6"
            && ((PayloadSyntax)target).Field.Name is "saddr" or "daddr" or "protocol" or "nexthdr" or "length" ? 1u : 0;
        bool whole = offset % 8 == 0 && bits % 8 == 0 && (checksumOffset == 0 || (offset % 16 == 0 && bits % 16 == 0));
        int start = whole ? offset : offset / 16 * 16;
        int length = whole ? bits / 8 : (offset - start + bits + 15) / 16 * 2;
        var register = Take(length);
        if (whole)
        {
            LoadInto(value, register, target.Type, length, ValueOrder.Network);
        }
        else
        {
            if (value is not ValueSyntax number)
            {
                throw new NotLinearisedException("a part of 16 bits is set to a value that is loaded");
            }

            int shift = (length * 8) - (offset - start) - bits;
            var mask = ~(((Bits128.One << bits) - Bits128.One) << shift);
            _all.Add(new PayloadExpression(from, (uint)start / 8, (uint)length, register));
            _all.Add(new BitwiseExpression(
                register, register, (uint)length, ValueBytes.Of(mask, length, ValueOrder.Network),
                ValueBytes.Of(number.Value << shift, length, ValueOrder.Network)));
        }

        _all.Add(new PayloadWriteExpression(from, (uint)start / 8, (uint)length, register, checksum, checksumOffset, pseudo));
    }
}
