using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Schema;

/// <summary>Reads objects that clients send in Kubernetes' protobuf form (kubectl 1.32 does for some of its create commands).</summary>
/// <remarks>
/// Kubernetes API concepts, "Kubernetes Protobuf encoding": four bytes "k8s\0", then runtime.Unknown with typeMeta = 1
/// { apiVersion = 1, kind = 2 } and raw = 2, the object. Strings that are empty count as absent, as JSON's omitempty has it.
/// </remarks>
internal static class ProtobufBody
{
    private const int DepthLimit = 64;

    public static JsonObject Parse(byte[] body)
    {
        if (body is not [(byte)'k', (byte)'8', (byte)'s', 0, ..])
        {
            throw ApiException.BadRequest("the object provided is not in Kubernetes' protobuf form: it has to begin with k8s\\0");
        }

        try
        {
            var (apiVersion, kind, raw) = ReadEnvelope(new CodedInputStream(body, 4, body.Length - 4));
            var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
            var message = FieldTable.BuiltIn.MessageOf(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind)
                ?? throw ApiException.UnsupportedMediaType($"{kind} of {apiVersion} is not accepted as protobuf; send application/json");
            var obj = ReadMessage(new CodedInputStream(raw), message, 0);
            obj["apiVersion"] = apiVersion;
            obj["kind"] = kind;
            return obj;
        }
        catch (Exception problem) when (problem is InvalidProtocolBufferException or FormatException)
        {
            throw ApiException.BadRequest($"the object provided is no valid protobuf: {problem.Message}");
        }
    }

    private static (string ApiVersion, string Kind, byte[] Raw) ReadEnvelope(CodedInputStream input)
    {
        var (apiVersion, kind, raw) = ("", "", Array.Empty<byte>());
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    var type = new CodedInputStream(input.ReadBytes().ToByteArray());
                    while ((tag = type.ReadTag()) != 0)
                    {
                        (apiVersion, kind) = WireFormat.GetTagFieldNumber(tag) switch
                        {
                            1 => (type.ReadString(), kind),
                            2 => (apiVersion, type.ReadString()),
                            _ => throw new FormatException("unknown field in TypeMeta"),
                        };
                    }

                    break;
                case 2:
                    raw = input.ReadBytes().ToByteArray();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return (apiVersion, kind, raw);
    }

    private static JsonObject ReadMessage(CodedInputStream input, string message, int depth)
    {
        var fields = FieldTable.BuiltIn.Fields(message);
        if (fields is null || depth > DepthLimit)
        {
            throw new FormatException(fields is null ? $"unknown message {message}" : "nested too deeply");
        }

        var obj = new JsonObject();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (Array.Find(fields, f => f.Number == WireFormat.GetTagFieldNumber(tag)) is { } field)
            {
                ReadField(input, field, obj, depth);
            }
            else
            {
                input.SkipLastField();
            }
        }

        return obj;
    }

    private static void ReadField(CodedInputStream input, SchemaField field, JsonObject obj, int depth)
    {
        if (field.Inlined)
        {
            foreach (var (name, value) in ReadMessage(new CodedInputStream(input.ReadBytes().ToByteArray()), field.Type, depth + 1))
            {
                obj[name] = value?.DeepClone();
            }
        }
        else if (field.Type.StartsWith("[]", StringComparison.Ordinal))
        {
            if (obj.Arr(field.Name) is not { } array)
            {
                obj[field.Name] = array = [];
            }

            array.Add(ReadValue(input, field.Type[2..], depth));
        }
        else if (field.Type.StartsWith("map ", StringComparison.Ordinal))
        {
            var (key, value) = ReadEntry(new CodedInputStream(input.ReadBytes().ToByteArray()), field.Type[4..], depth);
            obj.Ensure(field.Name)[key] = value;
        }
        else if (ReadValue(input, field.Type, depth) is { } value && value.AsText() != "")
        {
            obj[field.Name] = value;
        }
    }

    private static (string Key, JsonNode? Value) ReadEntry(CodedInputStream input, string type, int depth)
    {
        var key = "";
        JsonNode? value = type is "string" or "bytes" ? "" : null;
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == 1)
            {
                key = input.ReadString();
            }
            else if (type.StartsWith("[]", StringComparison.Ordinal))
            {
                // A list as a map's value is wrapped in a message whose only field, number 1, repeats.
                value = ReadList(new CodedInputStream(input.ReadBytes().ToByteArray()), type[2..], depth);
            }
            else
            {
                value = ReadValue(input, type, depth);
            }
        }

        return (key, value);
    }

    private static JsonArray ReadList(CodedInputStream input, string type, int depth)
    {
        var list = new JsonArray();
        while (input.ReadTag() != 0)
        {
            list.Add(ReadValue(input, type, depth));
        }

        return list;
    }

    private static JsonNode? ReadValue(CodedInputStream input, string type, int depth) => type switch
    {
        "string" => input.ReadString(),
        "bool" => input.ReadBool(),
        "int32" => input.ReadInt32(),
        "int64" => input.ReadInt64(),
        "double" => input.ReadDouble(),
        "bytes" => Convert.ToBase64String(input.ReadBytes().Span),
        "time" => ReadTime(new CodedInputStream(input.ReadBytes().ToByteArray()), "yyyy-MM-dd'T'HH:mm:ss'Z'"),
        "microtime" => ReadTime(new CodedInputStream(input.ReadBytes().ToByteArray()), "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"),
        "intstr" => ReadIntOrString(new CodedInputStream(input.ReadBytes().ToByteArray())),
        "quantity" => ReadQuantity(new CodedInputStream(input.ReadBytes().ToByteArray())),
        "any" => Skip(input),
        _ => ReadMessage(new CodedInputStream(input.ReadBytes().ToByteArray()), type, depth + 1),
    };

    private static JsonNode? Skip(CodedInputStream input)
    {
        input.SkipLastField();
        return null;
    }

    /// <summary>seconds = 1, nanos = 2; nothing at all is the zero time, which JSON writes as null.</summary>
    private static JsonNode? ReadTime(CodedInputStream input, string format)
    {
        var (seconds, nanos) = (0L, 0);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            (seconds, nanos) = WireFormat.GetTagFieldNumber(tag) == 1 ? (input.ReadInt64(), nanos) : (seconds, input.ReadInt32());
        }

        const long longAgo = -62135596800;
        return seconds is 0 or <= longAgo ? null
            : DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100).UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>type = 1 (0 number, 1 string), intVal = 2, strVal = 3.</summary>
    private static JsonNode ReadIntOrString(CodedInputStream input)
    {
        var (type, number, text) = (0L, 0, "");
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    type = input.ReadInt64();
                    break;
                case 2:
                    number = input.ReadInt32();
                    break;
                default:
                    text = input.ReadString();
                    break;
            }
        }

        return type == 1 ? text : number;
    }

    private static JsonNode ReadQuantity(CodedInputStream input)
    {
        var text = new StringBuilder();
        while (input.ReadTag() != 0)
        {
            text.Append(input.ReadString());
        }

        return text.Length == 0 ? "0" : text.ToString();
    }
}
