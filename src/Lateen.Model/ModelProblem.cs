namespace Lateen.Model;

/// <summary>Something in the configuration that cannot be honoured; the rest of it works on.</summary>
/// <param name="Subject">Which object, `Kind namespace/name`.</param>
/// <param name="FieldPath">The field in the object, for instance `spec.http[0].route[1].destination.subset`.</param>
/// <param name="What">What is wrong, with the values.</param>
/// <param name="Fix">What to do about it.</param>
/// <param name="Code">Istio's analysis code for the same finding (`IST0101`), empty where it has none.</param>
public sealed record ModelProblem(string Subject, string FieldPath, string What, string Fix, string Code = "")
{
    /// <inheritdoc/>
    public override string ToString() => $"{Subject} {FieldPath}: {What}; {Fix}";
}
