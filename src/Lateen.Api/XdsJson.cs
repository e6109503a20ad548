using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api.Generated;

namespace Lateen.Api;

/// <summary>Protobuf messages as JSON and back, with every message of this assembly known inside <c>Any</c>.</summary>
/// <remarks>
/// The proto3 JSON mapping: lowerCamelCase names, durations as "10s", enums by name, wrappers as plain values.
/// Envoy's admin pages print the .proto spelling of names instead: <see cref="FormatWithProtoNames"/>. The parser takes both.
/// </remarks>
public static class XdsJson
{
    private static readonly Lazy<TypeRegistry> Known = new(() => TypeRegistry.FromFiles(
        [.. ApiFiles.All(), AnyReflection.Descriptor, DurationReflection.Descriptor, TimestampReflection.Descriptor,
            StructReflection.Descriptor, WrappersReflection.Descriptor, EmptyReflection.Descriptor]));

    private static readonly Lazy<JsonFormatter> CamelCase = new(() =>
        new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(Known.Value)));

    private static readonly Lazy<JsonFormatter> ProtoNames = new(() =>
        new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(Known.Value).WithPreserveProtoFieldNames(true)));

    private static readonly Lazy<JsonParser> Strict = new(() =>
        new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(Known.Value)));

    private static readonly Lazy<JsonParser> Lenient = new(() =>
        new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(Known.Value).WithIgnoreUnknownFields(true)));

    /// <summary>All messages of this assembly and protobuf's well-known types, by full name.</summary>
    public static TypeRegistry TypeRegistry => Known.Value;

    /// <summary>One line of JSON with lowerCamelCase names.</summary>
    /// <exception cref="InvalidOperationException">An Any in it holds a type this assembly does not know.</exception>
    public static string Format(IMessage message) => CamelCase.Value.Format(message);

    /// <summary>One line of JSON with names as in the .proto files, as Envoy's admin pages print them.</summary>
    /// <exception cref="InvalidOperationException">An Any in it holds a type this assembly does not know.</exception>
    public static string FormatWithProtoNames(IMessage message) => ProtoNames.Value.Format(message);

    /// <summary>Reads JSON in either spelling of names; a field that the message does not have is an error.</summary>
    /// <exception cref="InvalidProtocolBufferException">The JSON does not fit the message; the text names the field.</exception>
    public static T Parse<T>(string json)
        where T : IMessage, new() => Strict.Value.Parse<T>(json);

    /// <summary>As <see cref="Parse{T}"/>, but fields that the message does not have are skipped.</summary>
    /// <exception cref="InvalidProtocolBufferException">The JSON does not fit the message.</exception>
    public static T ParseLenient<T>(string json)
        where T : IMessage, new() => Lenient.Value.Parse<T>(json);

    /// <summary>Reads JSON into the message that a descriptor names (for types known only at run time).</summary>
    /// <exception cref="InvalidProtocolBufferException">The JSON does not fit the message.</exception>
    public static IMessage Parse(string json, MessageDescriptor descriptor) => Strict.Value.Parse(json, descriptor);

    /// <summary>Decodes what an Any holds; null when its type is not one of ours.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are not that message.</exception>
    public static IMessage? Unpack(Any any) => any.Unpack(Known.Value);
}
