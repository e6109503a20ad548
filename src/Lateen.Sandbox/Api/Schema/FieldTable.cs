using System.Collections.Frozen;
using System.Globalization;

namespace Lateen.Sandbox.Api.Schema;

/// <summary>One field of a built-in type.</summary>
/// <param name="Number">Its number in the protobuf form.</param>
/// <param name="Type">A message's name, string, bool, int32, int64, double, bytes, time, microtime, intstr, quantity or any; <c>[]T</c>; <c>map T</c>.</param>
/// <param name="Inlined">In JSON its fields stand in the parent.</param>
internal sealed record SchemaField(string Name, int Number, string Type, bool Inlined);

/// <summary>The fields of the built-in kinds, as the Kubernetes API publishes them (generated.proto of k8s.io/api).</summary>
/// <remarks>Read once from the embedded table fields.txt. Names are JSON's; numbers are the protobuf form's.</remarks>
internal sealed class FieldTable
{
    private readonly FrozenDictionary<string, SchemaField[]> _byMessage;
    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _byJson;

    private FieldTable(Dictionary<string, SchemaField[]> messages)
    {
        _byMessage = messages.ToFrozenDictionary(StringComparer.Ordinal);
        _byJson = messages.ToFrozenDictionary(
            m => m.Key, m => Flatten(messages, m.Value).ToFrozenDictionary(f => f.Name, f => f.Type, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    public static FieldTable BuiltIn { get; } = Load();

    /// <summary>The message behind a kind, or null when the table does not have it.</summary>
    public string? MessageOf(string group, string version, string kind)
    {
        var package = group.Length == 0 ? "core" : group.Split('.')[0];
        return new[] { $"{package}.{version}.{kind}", $"meta.{version}.{kind}" }.FirstOrDefault(_byMessage.ContainsKey);
    }

    /// <summary>The message's fields as the protobuf form has them; null for an unknown message.</summary>
    public SchemaField[]? Fields(string message) => _byMessage.GetValueOrDefault(message);

    /// <summary>The types of the message's fields by JSON name, inlined ones included; null for an unknown message.</summary>
    public IReadOnlyDictionary<string, string>? JsonFields(string message) => _byJson.GetValueOrDefault(message);

    private static IEnumerable<SchemaField> Flatten(Dictionary<string, SchemaField[]> messages, SchemaField[] fields) =>
        fields.SelectMany(f => f.Inlined ? Flatten(messages, messages[f.Type]) : [f]);

    private static FieldTable Load()
    {
        using var reader = new StreamReader(typeof(FieldTable).Assembly.GetManifestResourceStream("fields.txt")!);
        var messages = new Dictionary<string, SchemaField[]>(StringComparer.Ordinal);
        var fields = new List<SchemaField>();
        string? message = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(' ') && line.Split(' ', 4) is [_, var name, var number, var type])
            {
                fields.Add(new SchemaField(name.TrimEnd('<'), int.Parse(number, CultureInfo.InvariantCulture), type.TrimEnd('*'), name.EndsWith('<')));
            }
            else if (!line.StartsWith('#'))
            {
                Finish();
                message = line;
            }
        }

        Finish();
        return new FieldTable(messages);

        void Finish()
        {
            if (message is not null)
            {
                messages[message] = [.. fields];
            }

            fields.Clear();
        }
    }
}
