using System.Text.Json;

namespace Lateen.Sandbox.Api.Resources;

/// <summary>One version of a CustomResourceDefinition, as far as serving its objects needs it.</summary>
/// <param name="StorageVersion">The version that objects are kept in.</param>
/// <param name="Schema">The version's openAPIV3Schema, or Undefined.</param>
/// <param name="Columns">The version's additionalPrinterColumns, or Undefined.</param>
/// <param name="PreserveUnknownFields">The definition's v1beta1-style switch: nothing is pruned.</param>
internal sealed record CustomResourceVersion(
    string StorageVersion, JsonElement Schema, JsonElement Columns, bool PreserveUnknownFields)
{
    /// <summary>The scale subresource's paths, or Undefined.</summary>
    public JsonElement Scale { get; init; }
}
