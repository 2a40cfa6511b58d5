using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Host.Interop;

namespace K8sNetfilter.Host.Output;

/// <summary>
/// Standard output or standard error: UTF-8, buffered, and safe to show. What is written holds text from rule comments, files and
/// names, so a control character in it is written out as <c>\x1b</c> and never reaches the terminal or the file; the colours that
/// PowerShell's formatter adds pass where this stream shows colour, and are left out where it does not.
/// </summary>
internal sealed class StandardStream : IDisposable
{
    private const int FlushAfter = 16 * 1024;
    private static readonly TimeSpan ShownWithin = TimeSpan.FromMilliseconds(100);

    /// <summary>What needs a second look: controls, and the format characters that reorder or hide text.</summary>
    private static readonly SearchValues<char> Suspects = SearchValues.Create(MakeSuspects());

    private static readonly SearchValues<char> ColourParameters = SearchValues.Create("0123456789;:");

    private readonly int _descriptor;
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private Timer? _timer;
    private bool _closed;

    /// <summary>Opens the stream on a descriptor.</summary>
    public StandardStream(int descriptor)
    {
        _descriptor = descriptor;
        IsTerminal = Libc.IsTerminal(descriptor);
        HasColour = IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
    }

    /// <summary>Called once, when nobody reads any more.</summary>
    public Action? ReaderLeft { get; set; }

    /// <summary>Why what was written did not get where it should, as the system says it; null where it did, or its reader had enough.</summary>
    public string? Failure { get; private set; }

    /// <summary>True where it is a terminal.</summary>
    public bool IsTerminal { get; }

    /// <summary>True where colours are shown: on a terminal that knows them, unless NO_COLOR is set (no-color.org).</summary>
    public bool HasColour { get; }

    /// <summary>Writes text that PowerShell or a user made.</summary>
    public void Write(string text, bool endLine = false)
    {
        lock (_lock)
        {
            WriteSafe(text);
            if (endLine)
            {
                AppendUtf8("\n");
            }

            Written();
        }
    }

    /// <summary>Writes bytes that are safe already.</summary>
    public void Write(ReadOnlySpan<byte> utf8)
    {
        lock (_lock)
        {
            _buffer.Write(utf8);
            Written();
        }
    }

    /// <summary>Hands everything to the kernel.</summary>
    public void Flush()
    {
        bool left;
        lock (_lock)
        {
            left = !FlushBuffer();
        }

        if (left)
        {
            ReaderLeft?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _timer?.Dispose();
    }

    private void Written()
    {
        if (_buffer.WrittenCount >= FlushAfter || IsTerminal)
        {
            if (!FlushBuffer())
            {
                ReaderLeft?.Invoke();
            }
        }
        else
        {
            // Whoever reads a pipe sees a line soon after it was written, and a million lines do not cost a million calls.
            (_timer ??= new Timer(static state => ((StandardStream)state!).Flush(), this, Timeout.Infinite, Timeout.Infinite))
                .Change(ShownWithin, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>False the first time that the reader turns out to be gone, or the device refuses.</returns>
    private bool FlushBuffer()
    {
        int error = _closed || _buffer.WrittenCount == 0 ? 0 : Libc.WriteAll(_descriptor, _buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
        _closed |= error != 0;
        if (error is not (0 or Libc.BrokenPipe))
        {
            Failure = Marshal.GetPInvokeErrorMessage(error);
        }

        return error == 0;
    }

    private void WriteSafe(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Suspects) is var at and >= 0)
        {
            AppendUtf8(text[..at]);
            text = text[at..];
            int colour = ColourLength(text);
            if (colour > 0)
            {
                if (HasColour)
                {
                    AppendUtf8(text[..colour]);
                }

                text = text[colour..];
            }
            else
            {
                int code = text[0];
                AppendUtf8(code < 0x100 ? $"\\x{code:x2}" : $"\\u{code:x4}");
                text = text[1..];
            }
        }

        AppendUtf8(text);
    }

    /// <summary>
    /// The length of the colour sequence (ESC [ digits and ; and m) that the text starts with; 0 where it is none. One that conceals text (8)
    /// is none: no formatter writes it.
    /// </summary>
    private static int ColourLength(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("\x1b["))
        {
            return 0;
        }

        int end = text[2..].IndexOfAnyExcept(ColourParameters);
        return end >= 0 && text[2 + end] == 'm' && !Conceals(text.Slice(2, end)) ? end + 3 : 0;
    }

    // 38, 48 and 58 begin a colour by its number, which may be 8.
    private static bool Conceals(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.SplitAny(';', ':'))
        {
            switch (parameters[range].TrimStart('0'))
            {
                case "38" or "48" or "58":
                    return false;
                case "8":
                    return true;
            }
        }

        return false;
    }

    private void AppendUtf8(ReadOnlySpan<char> text) =>
        _buffer.Advance(Encoding.UTF8.GetBytes(text, _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private static ReadOnlySpan<char> MakeSuspects()
    {
        var suspects = new List<char>();
        for (char c = '\0'; c <= '\x9f'; c++)
        {
            if (char.IsControl(c) && c is not ('\n' or '\t'))
            {
                suspects.Add(c);
            }
        }

        suspects.AddRange("\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff");
        return suspects.ToArray();
    }
}
