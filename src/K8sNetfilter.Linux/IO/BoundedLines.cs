using System.Text;

namespace K8sNetfilter.IO;

/// <summary>
/// Lines of a text that may have no line ends at all: the start of a line that is longer than any is given, and the rest of it dropped.
/// </summary>
internal sealed class BoundedLines(TextReader source, int longest = 32 << 10)
{
    private readonly char[] _buffer = new char[1 << 15];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    /// <summary>The next line without its end; null at the end.</summary>
    public string? Read()
    {
        _line.Clear();
        bool any = false;
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = source.Read(_buffer, 0, _buffer.Length);
                if (_end <= 0)
                {
                    _end = 0;
                    return any ? Take() : null;
                }
            }

            any = true;
            var rest = _buffer.AsSpan(_start, _end - _start);
            int feed = rest.IndexOf('\n');
            var part = feed < 0 ? rest : rest[..feed];
            _start += feed < 0 ? rest.Length : feed + 1;
            if (feed >= 0 && _line.Length == 0)
            {
                return (part.Length > longest ? part[..longest] : part).TrimEnd('\r').ToString();
            }

            _line.Append(part[..Math.Min(part.Length, Math.Max(0, longest - _line.Length))]);
            if (feed >= 0)
            {
                return Take();
            }
        }
    }

    private string Take() => _line.Length > 0 && _line[^1] == '\r' ? _line.ToString(0, _line.Length - 1) : _line.ToString();
}
