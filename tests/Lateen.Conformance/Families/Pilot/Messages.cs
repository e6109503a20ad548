using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Lateen.Api;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>Protobuf messages of cases: read from protobuf-JSON, compared as messages.</summary>
internal static class Messages
{
    public static T Read<T>(JsonNode? json)
        where T : IMessage, new() => XdsJson.Parse<T>(json?.ToJsonString() ?? "{}");

    /// <summary>The messages of a list.</summary>
    public static List<T> ReadAll<T>(JsonNode? list)
        where T : IMessage, new() => [.. (list as JsonArray ?? []).Select(Read<T>)];

    /// <summary>The first place where messages differ from what a case expects; null when they are equal.</summary>
    public static string? Difference(JsonNode? expected, IEnumerable<IMessage> actual, MessageDescriptor type)
    {
        var wanted = new JsonArray([.. (expected as JsonArray ?? []).Select(item => Json(XdsJson.Parse(item!.ToJsonString(), type)))]);
        return JsonDifference.First(wanted, new JsonArray([.. actual.Select(Json)]));
    }

    private static JsonNode Json(IMessage message) => JsonNode.Parse(XdsJson.Format(message))!;
}
