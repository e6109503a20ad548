using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.AccessLog;

namespace Lateen.Proxy.Compile;

/// <summary>A json_format to <see cref="JsonLog"/>: objects and lists nest as they do in the format, numbers and booleans stay what they are.</summary>
internal sealed class JsonLogCompiler
{
    private readonly List<JsonLog.Part> _parts = [];
    private readonly StringBuilder _text = new();
    private readonly CompileScope _scope;

    private JsonLogCompiler(CompileScope scope) => _scope = scope;

    public static JsonLog Compile(CompileScope scope, Struct format, string path)
    {
        JsonLogCompiler compiler = new(scope);
        compiler.Object(format, path);
        compiler.Flush(null);
        return new JsonLog(compiler._parts);
    }

    private void Object(Struct format, string path)
    {
        string separator = "{";
        foreach ((string key, Value value) in format.Fields)
        {
            _text.Append(separator).Append('"').Append(JsonEncodedText.Encode(key)).Append("\":");
            Append(value, $"{path}[\"{key}\"]");
            separator = ",";
        }
        _text.Append(separator == "{" ? "{}" : "}");
    }

    private void Append(Value value, string path)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StructValue:
                Object(value.StructValue, path);
                break;
            case Value.KindOneofCase.ListValue:
                string separator = "[";
                for (int i = 0; i < value.ListValue.Values.Count; i++)
                {
                    _text.Append(separator);
                    Append(value.ListValue.Values[i], $"{path}[{i}]");
                    separator = ",";
                }
                _text.Append(separator == "[" ? "[]" : "]");
                break;
            case Value.KindOneofCase.NumberValue:
                _text.Append(value.NumberValue.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                break;
            case Value.KindOneofCase.BoolValue:
                _text.Append(value.BoolValue ? "true" : "false");
                break;
            case Value.KindOneofCase.StringValue when LogFormat.Parse(value.StringValue, omitEmpty: false, out _) is { } format:
                if (format.Fixed is { } text)
                {
                    _text.Append('"').Append(JsonEncodedText.Encode(Encoding.UTF8.GetString(text))).Append('"');
                    break;
                }
                Flush(format);
                break;
            case Value.KindOneofCase.StringValue:
                LogFormat.Parse(value.StringValue, omitEmpty: false, out string? problem);
                _scope.Refuse(path, problem!);
                break;
            default:
                _text.Append("null");
                break;
        }
    }

    private void Flush(LogFormat? value)
    {
        _parts.Add(new JsonLog.Part(Encoding.UTF8.GetBytes(_text.ToString()), value));
        _text.Clear();
    }
}
