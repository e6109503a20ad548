using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Api;

/// <summary>Writes messages as JSON in the way of Envoy's admin pages: names as in the .proto files, indented, and never failing.</summary>
/// <remarks>
/// Unlike protobuf's own formatter it prints an Any of an unknown type (its URL and its bytes), so one foreign extension does not hide
/// the rest of a dump. 64-bit numbers are strings, as the proto3 JSON mapping wants it.
/// </remarks>
public static class XdsJsonWriter
{
    private const string WellKnown = "google.protobuf.";

    /// <param name="message">What to print.</param>
    /// <param name="isFull">Also prints fields that have their default value.</param>
    public static string Write(IMessage message, bool isFull = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentSize = 1, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Message(json, message, isFull, null);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Message(Utf8JsonWriter json, IMessage message, bool isFull, string? typeUrl)
    {
        if (message is Any any)
        {
            AnyMessage(json, any, isFull);
            return;
        }
        if (message.Descriptor.FullName.StartsWith(WellKnown, StringComparison.Ordinal) && message is not Empty)
        {
            if (typeUrl is null)
            {
                json.WriteRawValue(JsonFormatter.Default.Format(message));
                return;
            }
            // The JSON mapping of Any: a well-known type is printed under "value".
            json.WriteStartObject();
            json.WriteString("@type", typeUrl);
            json.WritePropertyName("value");
            json.WriteRawValue(JsonFormatter.Default.Format(message));
            json.WriteEndObject();
            return;
        }
        json.WriteStartObject();
        if (typeUrl is not null)
        {
            json.WriteString("@type", typeUrl);
        }
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            Field(json, message, field, isFull);
        }
        json.WriteEndObject();
    }

    private static void AnyMessage(Utf8JsonWriter json, Any any, bool isFull)
    {
        IMessage? inner = null;
        try
        {
            inner = XdsJson.Unpack(any);
        }
        catch (InvalidProtocolBufferException)
        {
            // Printed as bytes below.
        }
        if (inner is not null)
        {
            Message(json, inner, isFull, any.TypeUrl);
            return;
        }
        json.WriteStartObject();
        if (any.TypeUrl.Length > 0)
        {
            json.WriteString("@type", any.TypeUrl);
            json.WriteBase64String("value", any.Value.Span);
        }
        json.WriteEndObject();
    }

    private static void Field(Utf8JsonWriter json, IMessage message, FieldDescriptor field, bool isFull)
    {
        var value = field.Accessor.GetValue(message);
        var isOptional = field.RealContainingOneof is not null || field.HasPresence;
        if (isOptional ? !IsPresent(message, field, value) : !isFull && IsDefault(field, value))
        {
            return;
        }
        json.WritePropertyName(field.Name);
        if (field.IsMap)
        {
            json.WriteStartObject();
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                json.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
                Single(json, field.MessageType.FindFieldByNumber(2), entry.Value!, isFull);
            }
            json.WriteEndObject();
        }
        else if (field.IsRepeated)
        {
            json.WriteStartArray();
            foreach (var item in (IList)value)
            {
                Single(json, field, item!, isFull);
            }
            json.WriteEndArray();
        }
        else
        {
            Single(json, field, value, isFull);
        }
    }

    private static bool IsPresent(IMessage message, FieldDescriptor field, object? value) =>
        field.RealContainingOneof is { } oneof
            ? oneof.Accessor.GetCaseFieldDescriptor(message) == field
            : field.FieldType == FieldType.Message ? value is not null : field.Accessor.HasValue(message);

    private static bool IsDefault(FieldDescriptor field, object value) =>
        field.IsMap ? ((IDictionary)value).Count == 0
        : field.IsRepeated ? ((IList)value).Count == 0
        : value switch
        {
            string s => s.Length == 0,
            ByteString b => b.IsEmpty,
            bool b => !b,
            IConvertible n => n.ToDouble(CultureInfo.InvariantCulture) == 0,
            _ => false,
        };

    private static void Single(Utf8JsonWriter json, FieldDescriptor field, object value, bool isFull)
    {
        switch (field.FieldType)
        {
            case FieldType.Enum:
                var number = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                if (field.EnumType.FindValueByNumber(number) is { } known)
                {
                    json.WriteStringValue(known.Name);
                }
                else
                {
                    json.WriteNumberValue(number);
                }
                break;
            default:
                Scalar(json, value, isFull);
                break;
        }
    }

    private static void Scalar(Utf8JsonWriter json, object value, bool isFull)
    {
        switch (value)
        {
            case string s:
                json.WriteStringValue(s);
                break;
            case bool b:
                json.WriteBooleanValue(b);
                break;
            case int i:
                json.WriteNumberValue(i);
                break;
            case uint u:
                json.WriteNumberValue(u);
                break;
            case long or ulong:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case float f when float.IsFinite(f):
                json.WriteNumberValue(f);
                break;
            case double d when double.IsFinite(d):
                json.WriteNumberValue(d);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case IMessage message:
                Message(json, message, isFull, null);
                break;
            default:
                // Wrapper types arrive as their bare value or null; NaN and the infinities are words.
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
