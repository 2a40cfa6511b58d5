using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>The output of <c>iptables -S</c>, which names no table.</summary>
internal sealed partial class RulesetBuilder
{
    private readonly ListingHead _head = new();
    private ListingCommand? _asked;

    /// <summary><c>-P CHAIN POLICY</c> and <c>-N CHAIN</c>, as <c>iptables -S</c> prints them.</summary>
    public bool TryReadListing(ReadOnlySpan<byte> text)
    {
        var command = LineTokens.Word(text, out var rest);
        bool isPolicy = command.SequenceEqual("-P"u8);
        if (!isPolicy && !command.SequenceEqual("-N"u8))
        {
            return false;
        }

        var name = LineTokens.Word(rest, out rest);
        var policy = isPolicy ? LineTokens.Word(rest, out rest) : default;
        if (name.IsEmpty || (isPolicy && policy.IsEmpty))
        {
            return false;
        }

        if (isPolicy && (Table is null || IsListing))
        {
            if (Table is not null || !_head.Continues(name))
            {
                EndListing();
            }

            _head.Add(name, text, _report.Line);
            return true;
        }

        OpenListed();
        if (Table is null)
        {
            OpenListing(_asked?.Table);
        }

        ReadListed(text);
        return true;
    }

    /// <summary>
    /// Ends the head of a listing, which tells the table: something else than a policy comes. Nothing where there is none.
    /// </summary>
    public void OpenListed()
    {
        if (_head.Lines.Count > 0)
        {
            OpenListing(_asked?.Table ?? _head.Table);
            foreach (byte[] line in _head.Lines)
            {
                ReadListed(line);
            }

            _head.Clear();
        }
    }

    /// <summary>
    /// A shell's prompt, with or without a command: it ends a listing, and the next one's table and backend are those that the command asks
    /// for. False for any other line, and within the output of iptables-save, where it is one line too many.
    /// </summary>
    public bool TryReadPrompt(ReadOnlySpan<byte> text)
    {
        OpenListed();
        if ((Table is not null && !IsListing) || !LineTokens.TryPrompt(text, out var command))
        {
            return false;
        }

        EndListing();
        _asked = ListingCommand.Read(RulesetText.Decode(command[..Math.Min(command.Length, 400)])) ?? _asked;
        return true;
    }

    private void EndListing()
    {
        OpenListed();
        CloseTable();
    }

    private void OpenListing(string? name)
    {
        int line = _head.Lines.Count > 0 ? _head.Line : _report.Line;
        if (_asked is { } asked)
        {
            (_backend, _family) = (_options.Backend ?? asked.Backend ?? _backend, _options.Family != IPFamily.Unspecified
                ? _options.Family : asked.Family);
        }

        if (name is null)
        {
            _report.Problem(nameof(Messages.RulesetNoTable), "unknown");
            OpenNameless();
        }
        else
        {
            OpenTable(name, line);
            IsListing = true;
            _report.Notice(_asked is null
                ? RulesetMessages.ListingByChains(_options.Source, name)
                : RulesetMessages.ListingByCommand(_options.Source, name));
        }

        _asked = null;
    }

    private void ReadListed(ReadOnlySpan<byte> text)
    {
        bool isPolicy = text[1] == 'P';
        LineTokens.Word(text, out var rest);
        var chain = AddChain(LineTokens.Word(rest, out rest));
        chain.IsDeclared = true;
        chain.Policy = isPolicy ? OptionNames.Intern(LineTokens.Word(rest, out rest)) : null;
        // "-c packets bytes" with -v.
        if (LineTokens.Word(rest, out rest).SequenceEqual("-c"u8)
            && ulong.TryParse(RulesetText.Decode(LineTokens.Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture,
            out ulong packets)
            && ulong.TryParse(RulesetText.Decode(LineTokens.Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture,
            out ulong bytes))
        {
            chain.Packets = packets;
            chain.Bytes = bytes;
        }
    }

    private NodeException TooLarge(int most, string what)
    {
        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetTooLarge), NodeErrorCategory.InvalidData,
            _report.Place, most, what);
        failure.Subject = _report.Place;
        return failure;
    }
}
