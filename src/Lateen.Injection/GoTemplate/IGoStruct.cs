using System.Text.Json.Nodes;

namespace Lateen.Injection.GoTemplate;

/// <summary>A value with a fixed set of fields, as a Go struct has: asking for any other field is an error of the template.</summary>
internal interface IGoStruct
{
    /// <summary>The type's name as an error message shows it.</summary>
    string TypeName { get; }

    bool TryGetField(string name, out object? value);

    /// <summary>The value as the JSON functions print it. The caller owns the node.</summary>
    JsonNode? ToJson();
}

/// <summary>A struct that stands for one value, which may be unset (a protobuf wrapper): false and printed as nil while it is.</summary>
internal interface IGoPrintable
{
    bool IsSet { get; }

    string Print();
}
