using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Serving;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>What admission is told about a write.</summary>
/// <param name="Operation">CREATE, UPDATE, DELETE or CONNECT.</param>
/// <param name="Old">The state before the write; null for a new object.</param>
/// <param name="Options">The request's options object (CreateOptions and the like), or null.</param>
internal sealed record AdmissionAttributes(ApiRequest Request, string Operation, string Name, JsonObject? Old, JsonObject? Options);

/// <summary>May change and refuse writes before they are stored.</summary>
internal interface IAdmission
{
    /// <summary>The object as admission wants it; throws <see cref="ApiException"/> to refuse.</summary>
    Task<JsonObject> MutateAsync(AdmissionAttributes attributes, JsonObject obj, CancellationToken cancel);

    /// <summary>Sees the final object (null for a deletion); throws <see cref="ApiException"/> to refuse.</summary>
    Task ValidateAsync(AdmissionAttributes attributes, JsonObject? obj, CancellationToken cancel);
}
