using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;

namespace Lateen.Injection.Schema;

/// <summary>google.protobuf.BoolValue and its kin in a template: unset, or a value behind <c>.GetValue</c> or <c>.Value</c>.</summary>
internal sealed class WrapperValue(object? value) : IGoStruct, IGoPrintable
{
    public string TypeName => "wrapper";

    public bool IsSet => value is not null;

    public bool TryGetField(string name, out object? field)
    {
        field = value;
        return name is "GetValue" or "Value";
    }

    public JsonNode? ToJson() => GoValue.ToJson(value);

    public string Print() => value is null ? "<nil>" : GoValue.Format(value);
}
