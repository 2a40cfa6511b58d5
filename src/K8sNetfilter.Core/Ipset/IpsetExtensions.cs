namespace K8sNetfilter.Ipset;

/// <summary>What elements have beside their keys: an array for each extension that the set was created with.</summary>
internal sealed class IpsetExtensions(IpsetHeader header)
{
    private readonly bool _hasTimeout = header.Timeout is not null;
    private uint[] _timeouts = [];
    private ulong[] _packets = [];
    private ulong[] _bytes = [];
    private string?[] _comments = [];
    private ulong[] _marks = [];
    private uint[] _priorities = [];
    private ushort[] _queues = [];

    public void Write(int number, in IpsetElement element)
    {
        if (_hasTimeout)
        {
            Set(ref _timeouts, number, element.Timeout);
        }

        if (header.HasCounters)
        {
            Set(ref _packets, number, element.Packets);
            Set(ref _bytes, number, element.Bytes);
        }

        if (header.HasComment)
        {
            Set(ref _comments, number, element.Comment);
        }

        if (header.HasSkbInfo)
        {
            Set(ref _marks, number, element.SkbMark);
            Set(ref _priorities, number, element.SkbPriority);
            Set(ref _queues, number, element.SkbQueue);
        }
    }

    public void Read(int number, ref IpsetElement element)
    {
        if (_hasTimeout)
        {
            element.Timeout = _timeouts[number];
        }

        if (header.HasCounters)
        {
            (element.Packets, element.Bytes) = (_packets[number], _bytes[number]);
        }

        if (header.HasComment)
        {
            element.Comment = _comments[number];
        }

        if (header.HasSkbInfo)
        {
            (element.SkbMark, element.SkbPriority, element.SkbQueue) = (_marks[number], _priorities[number], _queues[number]);
        }
    }

    private static void Set<T>(ref T[] values, int number, T value)
    {
        if (number >= values.Length)
        {
            Array.Resize(ref values, Math.Max(16, number * 2));
        }

        values[number] = value;
    }
}
