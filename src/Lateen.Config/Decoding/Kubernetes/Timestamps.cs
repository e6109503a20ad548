using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Instants of Kubernetes objects (RFC 3339).</summary>
internal static class Timestamps
{
    /// <summary>metadata.creationTimestamp; the default value when it is missing or malformed.</summary>
    public static DateTimeOffset Creation(JsonObject value) =>
        DateTimeOffset.TryParse(
            value.Text("metadata", "creationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : default;
}
