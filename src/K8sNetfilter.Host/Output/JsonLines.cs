using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.NetworkInformation;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace K8sNetfilter.Host.Output;

/// <summary>
/// Writes objects as JSON, one a line. Property names stay as PowerShell shows them. An address, an enumeration or a version is its
/// text, a duration is its seconds, a time is ISO 8601, bytes are base64, and an object inside an object is an object to a depth of
/// <see cref="MaximumDepth"/>, below which it is its text. An object of this module is what <c>ConvertTo-Json -Depth 8</c> makes of it.
/// </summary>
internal sealed class JsonLines(StandardStream output) : IDisposable
{
    /// <summary>How deep objects are written as objects.</summary>
    public const int MaximumDepth = 8;

    // As ConvertTo-Json writes a time: ISO 8601, with no more digits of a second than there are.
    private const string DateForm = "yyyy-MM-ddTHH:mm:ss.FFFFFFF";

    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> PropertiesOf = new();
    private static readonly JsonWriterOptions Options = new()
    {
        // The text goes to programs, not into a web page; controls are still escaped.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _line = new(1024);
    private Utf8JsonWriter? _writer;

    /// <summary>Writes one line.</summary>
    public void Write(object? value)
    {
        _line.ResetWrittenCount();
        if (_writer is null)
        {
            _writer = new Utf8JsonWriter(_line, Options);
        }
        else
        {
            _writer.Reset(_line);
        }

        WriteValue(_writer, value, 0);
        _writer.Flush();
        _line.Write("\n"u8);
        output.Write(_line.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    /// <summary>The line of one object, as text.</summary>
    internal static string Text(object? value)
    {
        var line = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(line, Options);
        WriteValue(writer, value, 0);
        writer.Flush();
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value, int depth)
    {
        var wrapped = value as PSObject;
        value = wrapped?.BaseObject ?? value;
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case SwitchParameter present:
                writer.WriteBooleanValue(present.IsPresent);
                break;
            case byte or sbyte or short or ushort or int or uint or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case BigInteger number:
                writer.WriteRawValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case float or double or decimal:
                WriteFraction(writer, ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case TimeSpan duration:
                writer.WriteNumberValue(duration.Ticks / (decimal)TimeSpan.TicksPerSecond);
                break;
            case DateTime or DateTimeOffset:
                writer.WriteStringValue(((IFormattable)value).ToString(value is DateTime ? DateForm + "K" : DateForm + "zzz", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                break;
            case PhysicalAddress hardware:
                writer.WriteStringValue(string.Join(':', hardware.GetAddressBytes().Select(b => b.ToString("x2", CultureInfo.InvariantCulture))));
                break;
            case Enum or char or Guid or Uri or Version or IPAddress or EndPoint or IPNetwork:
            case Type or ScriptBlock or Delegate or Exception or MemberInfo or ErrorRecord:
                writer.WriteStringValue(value.ToString());
                break;
            case not null when depth >= MaximumDepth:
                writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(value));
                break;
            case IDictionary map:
                WriteMap(writer, map, depth);
                break;
            case IEnumerable items:
                WriteItems(writer, items, depth);
                break;
            default:
                WriteObject(writer, wrapped, value!, depth);
                break;
        }
    }

    /// <summary>A floating-point number is written with its fraction, as ConvertTo-Json does: 1.0. NaN is written as null.</summary>
    private static void WriteFraction(Utf8JsonWriter writer, string text)
    {
        if (!char.IsAsciiDigit(text[^1]))
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text);
        }
    }

    private static void WriteMap(Utf8JsonWriter writer, IDictionary map, int depth)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            writer.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "");
            WriteValue(writer, entry.Value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter writer, IEnumerable items, int depth)
    {
        writer.WriteStartArray();
        foreach (object? item in items)
        {
            WriteValue(writer, item, depth + 1);
        }

        writer.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter writer, PSObject? wrapped, object value, int depth)
    {
        writer.WriteStartObject();
        if (wrapped is null)
        {
            // PowerShell's own adapter compiles an accessor a property; for the few objects of one run plain reflection is quicker.
            foreach (PropertyInfo property in PropertiesOf.GetOrAdd(value.GetType(), ReadableProperties))
            {
                writer.WritePropertyName(property.Name);
                WriteValue(writer, Guarded(() => property.GetValue(value)), depth + 1);
            }
        }
        else
        {
            foreach (PSPropertyInfo property in wrapped.Properties)
            {
                if (property.IsGettable)
                {
                    writer.WritePropertyName(property.Name);
                    WriteValue(writer, Guarded(() => property.Value), depth + 1);
                }
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>A property that throws is null, as it is in a table.</summary>
    private static object? Guarded(Func<object?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is TargetInvocationException or GetValueException)
        {
            return null;
        }
    }

    private static PropertyInfo[] ReadableProperties(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0)];
}
