using System.Buffers.Binary;
using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// An index in depmod's binary form, a radix tree: <c>modules.dep.bin</c> and its kin (libkmod/libkmod-index.h describes the format).
/// A question reads a few dozen bytes of it, however large the file is.
/// </summary>
public sealed class BinaryModuleIndex : ModuleIndex
{
    private const uint Magic = 0xB007F457;
    private const uint MajorVersion = 2;
    private const uint HasPrefix = 0x80000000;
    private const uint HasValues = 0x40000000;
    private const uint HasChildren = 0x20000000;
    private const uint OffsetMask = 0x0FFFFFFF;

    private const int LongestKey = 4096;
    private const int LongestValue = 1 << 16;

    // One that points back into itself would never end. In a sound index the keys together are a few times as long as the file.
    private const long MostWork = 128 << 20;

    private readonly ReadOnlyMemory<byte> _content;
    private readonly string _name;
    private readonly uint _root;

    /// <summary>Takes an index.</summary>
    /// <param name="content">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="NodeException"><c>ModuleIndexMalformed</c>: it is no such file, or of a version that is not known.</exception>
    public BinaryModuleIndex(ReadOnlyMemory<byte> content, string name)
    {
        _content = content;
        _name = name;
        if (content.Length < 12 || ReadNumber(0) != Magic || ReadNumber(4) >> 16 != MajorVersion)
        {
            throw Malformed();
        }

        _root = ReadNumber(8);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Keys
    {
        get
        {
            var keys = new List<string>();
            long work = Work;
            Walk(_root, new StringBuilder(), (key, _) => keys.Add(key), ref work);
            return keys;
        }
    }

    /// <inheritdoc/>
    public override string? Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        uint offset = _root;
        int at = 0;
        while (offset != 0)
        {
            var node = ReadNode(offset);
            if (!key.AsSpan(at).StartsWith(node.Prefix))
            {
                return null;
            }

            at += node.Prefix.Length;
            if (at == key.Length)
            {
                return Values(node).Select(v => v.Value).FirstOrDefault();
            }

            offset = Child(node, key[at++]);
        }

        return null;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindMatching(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = new List<(uint Priority, string Value)>();
        long work = Work;
        uint offset = _root;
        int at = 0;
        while (offset != 0)
        {
            var node = ReadNode(offset);
            int wild = node.Prefix.AsSpan().IndexOfAny("*?[");
            string literal = wild < 0 ? node.Prefix : node.Prefix[..wild];
            if (!name.AsSpan(at).StartsWith(literal))
            {
                break;
            }

            if (wild >= 0)
            {
                Match(offset, name[..at], "", name, found, ref work);
                break;
            }

            at += literal.Length;
            foreach (char c in "*?[")
            {
                if (Child(node, c) is not 0 and var child)
                {
                    Match(child, name[..at], c.ToString(), name, found, ref work);
                }
            }

            if (at == name.Length)
            {
                AddAll(found, node, ref work);
                break;
            }

            offset = Child(node, name[at++]);
        }

        // libkmod puts a value in front of the others of its priority, so that the last one read of them comes first.
        return [.. found.AsEnumerable().Reverse().OrderBy(f => f.Priority).Select(f => f.Value)];
    }

    private void Match(uint offset, string before, string branch, string name, List<(uint, string)> found, ref long work)
    {
        var matching = new List<Node>();
        Walk(
            offset,
            new StringBuilder(before).Append(branch),
            (key, node) =>
            {
                if (Glob.MatchesText(key, name))
                {
                    matching.Add(node);
                }
            },
            ref work);
        foreach (var node in matching)
        {
            AddAll(found, node, ref work);
        }
    }

    private void AddAll(List<(uint Priority, string Value)> found, Node node, ref long work)
    {
        foreach (var (priority, value) in Values(node))
        {
            Spend(ref work, 1 + value.Length);
            found.Add((priority, value));
        }
    }

    private long Work => Math.Min(MostWork, (1 << 16) + (16L * _content.Length));

    private void Spend(ref long work, int amount)
    {
        work -= amount;
        if (work < 0)
        {
            throw Malformed();
        }
    }

    private void Walk(uint offset, StringBuilder key, Action<string, Node> visit, ref long work)
    {
        var open = new Stack<(uint Offset, int KeyLength, char Branch)>();
        open.Push((offset, key.Length, '\0'));
        while (open.TryPop(out var next))
        {
            key.Length = next.KeyLength;
            if (next.Branch != '\0')
            {
                key.Append(next.Branch);
            }

            var node = ReadNode(next.Offset);
            key.Append(node.Prefix);
            Spend(ref work, 1 + key.Length);
            if (key.Length > LongestKey)
            {
                throw Malformed();
            }

            if (node.ValuesAt >= 0)
            {
                visit(key.ToString(), node);
            }

            for (int c = node.Last; c >= node.First; c--)
            {
                if (Child(node, (char)c) is not 0 and var child)
                {
                    open.Push((child, key.Length, (char)c));
                }
            }
        }
    }

    private Node ReadNode(uint offset)
    {
        int at = (int)(offset & OffsetMask);
        string prefix = "";
        if ((offset & HasPrefix) != 0)
        {
            prefix = ReadText(ref at, LongestKey);
        }

        int first = 1, last = 0, children = at;
        if ((offset & HasChildren) != 0)
        {
            first = ReadByte(at);
            last = ReadByte(at + 1);
            children = at + 2;
            at = children + (4 * Math.Max(0, last - first + 1));
        }

        return new Node(prefix, first, last, children, (offset & HasValues) != 0 ? at : -1);
    }

    private uint Child(Node node, char c) => c < node.First || c > node.Last ? 0 : ReadNumber(node.ChildrenAt + (4 * (c - node.First)));

    private IEnumerable<(uint Priority, string Value)> Values(Node node)
    {
        if (node.ValuesAt < 0)
        {
            yield break;
        }

        int at = node.ValuesAt;
        uint count = ReadNumber(at);
        at += 4;
        for (uint i = 0; i < count; i++)
        {
            uint priority = ReadNumber(at);
            at += 4;
            yield return (priority, ReadText(ref at, LongestValue));
        }
    }

    private byte ReadByte(int at) => at >= 0 && at < _content.Length ? _content.Span[at] : throw Malformed();

    private uint ReadNumber(int at) =>
        at >= 0 && at <= _content.Length - 4 ? BinaryPrimitives.ReadUInt32BigEndian(_content.Span[at..]) : throw Malformed();

    private string ReadText(ref int at, int longest)
    {
        if (at < 0 || at >= _content.Length)
        {
            throw Malformed();
        }

        int length = _content.Span.Slice(at, Math.Min(longest + 1, _content.Length - at)).IndexOf((byte)0);
        if (length < 0)
        {
            throw Malformed();
        }

        string text = ByteText.Decode(_content.Span.Slice(at, length));
        at += length + 1;
        return text;
    }

    private NodeException Malformed() => ModuleErrors.IndexMalformed(_name);

    private readonly record struct Node(string Prefix, int First, int Last, int ChildrenAt, int ValuesAt);
}
