using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Asks several admissions in order.</summary>
internal sealed class AdmissionChain(params IReadOnlyList<IAdmission> links) : IAdmission
{
    public async Task<JsonObject> MutateAsync(AdmissionAttributes attributes, JsonObject obj, CancellationToken cancel)
    {
        foreach (var link in links)
        {
            obj = await link.MutateAsync(attributes, obj, cancel);
        }

        return obj;
    }

    public async Task ValidateAsync(AdmissionAttributes attributes, JsonObject? obj, CancellationToken cancel)
    {
        foreach (var link in links)
        {
            await link.ValidateAsync(attributes, obj, cancel);
        }
    }
}
