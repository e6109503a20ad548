using Lateen.Model;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model;

public sealed class EquatableArrayTests
{
    private sealed record Holder(EquatableArray<string> Items, EquatableMap<string, string> Map);

    [Fact]
    public void Record_HoldingEqualListsAndMaps_IsEqual()
    {
        var one = new Holder(["a", "b"], Map(("k", "v"), ("l", "w")));
        var other = new Holder(["a", "b"], Map(("l", "w"), ("k", "v")));

        one.ShouldBe(other);
        one.GetHashCode().ShouldBe(other.GetHashCode());
    }

    [Fact]
    public void List_InOtherOrder_IsDifferent()
    {
        EquatableArray<string> one = ["a", "b"];
        EquatableArray<string> other = ["b", "a"];

        one.ShouldNotBe(other);
    }

    [Fact]
    public void Default_IsTheEmptyList()
    {
        default(EquatableArray<string>).Equals([]).ShouldBeTrue();
        default(EquatableArray<string>).Count.ShouldBe(0);
    }

    private static EquatableMap<string, string> Map(params (string Key, string Value)[] entries) =>
        entries.Select(e => KeyValuePair.Create(e.Key, e.Value)).ToEquatableMap();
}
