using System.Text;
using System.Text.Json;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Baselines;

/// <summary>Reads JSON (RFC 8259, comments allowed) into <see cref="DataNode"/>s that know their lines.</summary>
public static class DataJson
{
    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">The file's name, for errors.</param>
    /// <param name="utf8">Its bytes; a byte order mark is skipped.</param>
    /// <exception cref="NodeException"><c>BaselineTooLarge</c>, <c>BaselineSyntax</c>: with file, line and column.</exception>
    public static DataNode Parse(string path, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > DataLimits.MaximumBytes)
        {
            throw BaselineErrors.TooLarge(path, utf8.Length);
        }

        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[3..];
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = DataLimits.MaximumDepth,
        });
        var place = new Place(utf8);
        try
        {
            reader.Read();
            var root = Value(ref reader, ref place, path);
            reader.Read();
            return root;
        }
        catch (JsonException error)
        {
            // The exception's own text repeats parts of the file; only the place is taken from it.
            // A reader that has just begun a list or a map counts itself as still outside of it.
            bool isTooDeep = reader.CurrentDepth >= DataLimits.MaximumDepth - 1 && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
            throw BaselineErrors.Syntax(
                path, (int)(error.LineNumber ?? 0) + 1, (int)(error.BytePositionInLine ?? 0) + 1, isTooDeep ? BaselineMessages.TooDeep : BaselineMessages.NotJson);
        }
        catch (InvalidOperationException)
        {
            // A string that is not valid UTF-8.
            throw BaselineErrors.Syntax(path, place.Line, place.Column, BaselineMessages.NotUtf8);
        }
    }

    private static DataNode Value(ref Utf8JsonReader reader, ref Place place, string path)
    {
        (int line, int column) = place.At((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return DataNode.FromText(reader.GetString()!, line, column);
            case JsonTokenType.Number:
                return DataNode.FromNumber(Encoding.UTF8.GetString(reader.ValueSpan), line, column);
            case JsonTokenType.True or JsonTokenType.False:
                return DataNode.FromBoolean(reader.TokenType == JsonTokenType.True, line, column);
            case JsonTokenType.StartArray:
                var items = new List<DataNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Value(ref reader, ref place, path));
                }

                return DataNode.FromList(items, line, column);
            case JsonTokenType.StartObject:
                var entries = new List<DataEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    (int keyLine, int keyColumn) = place.At((int)reader.TokenStartIndex);
                    string key = reader.GetString()!;
                    reader.Read();
                    entries.Add(new DataEntry(key, keyLine, keyColumn, Value(ref reader, ref place, path)));
                }

                return DataNode.FromMap(entries, line, column);
            default:
                return DataNode.FromNull(line, column);
        }
    }

    /// <summary>Turns rising byte offsets into lines and columns, each byte looked at once.</summary>
    private ref struct Place(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _offset;
        private int _lineStart;

        public int Line { get; private set; } = 1;

        public readonly int Column => _offset - _lineStart + 1;

        public (int Line, int Column) At(int offset)
        {
            while (_text[_offset..offset].IndexOf((byte)'\n') is >= 0 and var next)
            {
                _offset += next + 1;
                _lineStart = _offset;
                Line++;
            }

            _offset = offset;
            return (Line, Column);
        }
    }
}
