// The protocol against a coordinator in memory: every answer that may come, and a crash at every
// step of it.
#include "outputs/kafka_transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/outputs/kafka_transaction_rig.h"

namespace sawlog::outputs {
namespace {

using Phase = KafkaTransaction::Phase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KafkaTransactionTest : public testing::Test {
 protected:
  static std::vector<int> numbered(int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
  }

  FakeCoordinator coordinator;
  FakeCheckpoint checkpoint;
};

TEST_F(KafkaTransactionTest, OneTransactionStepByStep) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  agent.run();
  EXPECT_THAT(agent.trace, ElementsAre("init", "begin", "produce", "produce", "complete", "prepare",
                                       "send number", "commit", "conclude", "release"));
  EXPECT_EQ(coordinator.committed, numbered(2));
  EXPECT_EQ(checkpoint.cursor, 2);
  EXPECT_EQ(checkpoint.state, "1 logs");
}

TEST_F(KafkaTransactionTest, NumbersRiseAndTheNextStartAsksForThem) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 6;
  agent.run();
  EXPECT_EQ(checkpoint.state, "3 logs");
  TransactionRig again(coordinator, checkpoint);
  again.given = 8;
  again.run();
  EXPECT_THAT(std::vector(again.trace.begin(), again.trace.begin() + 2),
              ElementsAre("init", "ask"));
  EXPECT_EQ(checkpoint.state, "4 logs");
  EXPECT_EQ(coordinator.committed, numbered(8));
  EXPECT_THAT(again.notices, IsEmpty());
}

// A kill -9 after every step of three transactions, and after every step of the recovery from it.
TEST_F(KafkaTransactionTest, EachMessageOnceWhereverItCrashes) {
  for (int first = 0; first < 40; ++first) {
    for (int second = 0; second < 20; ++second) {
      SCOPED_TRACE(testing::Message() << "killed after steps " << first << " and " << second);
      coordinator = {};
      checkpoint = {};
      for (const int steps : {first, second}) {
        TransactionRig agent(coordinator, checkpoint);
        agent.given = 6;
        for (int i = 0; i < steps && agent.step(); ++i) {
        }
      }
      TransactionRig last(coordinator, checkpoint);
      last.given = 6;
      last.run();
      ASSERT_EQ(coordinator.committed, numbered(6));
      ASSERT_EQ(checkpoint.cursor, 6);
      ASSERT_FALSE(checkpoint.prepared);
      ASSERT_THAT(last.notices, IsEmpty());
    }
  }
}

// Each kind of answer to each call, where it happened and where it did not, then a crash.
TEST_F(KafkaTransactionTest, EachMessageOnceWhateverTheAnswer) {
  using Kind = KafkaAnswer::Kind;
  for (const auto call : {KafkaCall::Kind::kInit, KafkaCall::Kind::kAsk,
                          KafkaCall::Kind::kSendNumber, KafkaCall::Kind::kCommit}) {
    for (const auto kind : {Kind::kAgain, Kind::kFailed, Kind::kOperator}) {
      for (const bool happens : {false, true}) {
        for (int crash_after = 0; crash_after < 30; ++crash_after) {
          SCOPED_TRACE(testing::Message() << static_cast<int>(call) << static_cast<int>(kind)
                                          << happens << " " << crash_after);
          // A commit that went through is known to have: librdkafka answers it when asked again.
          if (call == KafkaCall::Kind::kCommit && kind == Kind::kAgain && happens) continue;
          coordinator = {};
          checkpoint = {};
          {
            TransactionRig agent(coordinator, checkpoint);
            agent.given = 6;
            int left = 2;
            agent.ending = [&](const KafkaCall& made) -> Ending {
              if (made.kind != call || left-- <= 0) return {};
              return {happens, {kind, "no", {}}};
            };
            for (int i = 0; i < crash_after && agent.step(); ++i) {
            }
          }
          TransactionRig last(coordinator, checkpoint);
          last.given = 6;
          last.run();
          ASSERT_EQ(coordinator.committed, numbered(6));
          ASSERT_EQ(checkpoint.cursor, 6);
        }
      }
    }
  }
}

TEST_F(KafkaTransactionTest, AFailureIsTroubleUntilTheNextCommit) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  bool fails = true;
  agent.ending = [&](const KafkaCall& call) -> Ending {
    if (call.kind != KafkaCall::Kind::kCommit || !std::exchange(fails, false)) return {};
    return {false, {KafkaAnswer::Kind::kOperator, "not allowed", {}}};
  };
  while (agent.transaction.phase() != Phase::kBroken) ASSERT_TRUE(agent.step());
  EXPECT_EQ(agent.transaction.trouble().state, Health::State::kPaused);
  EXPECT_EQ(agent.transaction.trouble().reason, "not allowed");
  agent.run();
  EXPECT_EQ(agent.transaction.trouble().state, Health::State::kUp);
  EXPECT_EQ(coordinator.committed, numbered(2));
}

TEST_F(KafkaTransactionTest, AnAbortGivesAgainWithTheSameProducer) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  while (agent.transaction.phase() != Phase::kOpen) ASSERT_TRUE(agent.step());
  ASSERT_TRUE(agent.step());
  agent.transaction.abort(agent.now);
  agent.run();
  EXPECT_THAT(agent.trace, ElementsAre("init", "begin", "produce", "abort", "give again", "begin",
                                       "produce", "produce", "complete", "prepare", "send number",
                                       "commit", "conclude", "release"));
  EXPECT_EQ(coordinator.committed, numbered(2));
}

// The producer fails between complete() and the save: the save is a prepared one all the same.
TEST_F(KafkaTransactionTest, AFailureBeforeTheSaveDoesNotMakeItCount) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  while (agent.transaction.phase() != Phase::kPreparing) ASSERT_TRUE(agent.step());
  agent.transaction.fail({KafkaAnswer::Kind::kFailed, "gone", {}}, agent.now);
  EXPECT_TRUE(agent.transaction.needs_prepared_save());
  ASSERT_TRUE(agent.step());
  EXPECT_EQ(agent.trace.back(), "prepare");
  EXPECT_EQ(checkpoint.cursor, 0);
  {
    FakeCoordinator killed_coordinator = coordinator;
    FakeCheckpoint killed_checkpoint = checkpoint;
    TransactionRig killed(killed_coordinator, killed_checkpoint);
    killed.given = 2;
    killed.run();
    EXPECT_EQ(killed_coordinator.committed, numbered(2));
  }
  agent.run();
  EXPECT_EQ(coordinator.committed, numbered(2));
  EXPECT_EQ(checkpoint.cursor, 2);
}

TEST_F(KafkaTransactionTest, AFencedAgentStopsAndSaysSo) {
  for (const auto call : {KafkaCall::Kind::kSendNumber, KafkaCall::Kind::kCommit}) {
    coordinator = {};
    checkpoint = {};
    TransactionRig agent(coordinator, checkpoint);
    agent.given = 4;
    agent.ending = [&](const KafkaCall& made) -> Ending {
      if (made.kind != call) return {};
      return {false, {KafkaAnswer::Kind::kFenced, "fenced", {}}};
    };
    agent.run();
    EXPECT_EQ(agent.transaction.phase(), Phase::kFenced);
    EXPECT_EQ(agent.transaction.trouble().state, Health::State::kPaused);
    EXPECT_THAT(agent.transaction.trouble().reason, HasSubstr("another agent"));
    EXPECT_THAT(agent.transaction.trouble().reason, HasSubstr("sawlog.id.out"));
    EXPECT_THAT(coordinator.committed, IsEmpty());
  }
}

TEST_F(KafkaTransactionTest, FencedWhileIdleIsByAnother) {
  TransactionRig agent(coordinator, checkpoint);
  agent.run();
  agent.now.monotonic_ns += 2 * kTimeoutNs;
  agent.transaction.fail({KafkaAnswer::Kind::kFenced, "fenced", {}}, agent.now);
  EXPECT_EQ(agent.transaction.phase(), Phase::kFenced);
}

// By either clock: the host may have been asleep.
TEST_F(KafkaTransactionTest, ATransactionThatTookTooLongIsFencedByTheBrokerAndGoesOn) {
  for (const bool is_asleep : {false, true}) {
    coordinator = {};
    checkpoint = {};
    TransactionRig agent(coordinator, checkpoint);
    agent.given = 4;
    bool is_fenced = false;
    agent.ending = [&](const KafkaCall& call) -> Ending {
      if (call.kind != KafkaCall::Kind::kCommit || std::exchange(is_fenced, true)) return {};
      (is_asleep ? agent.now.unix_ns : agent.now.monotonic_ns) += kTimeoutNs;
      return {false, {KafkaAnswer::Kind::kFenced, "fenced", {}}};
    };
    agent.run();
    EXPECT_EQ(coordinator.committed, numbered(4));
    EXPECT_EQ(agent.transaction.trouble().state, Health::State::kUp);
  }
}

TEST_F(KafkaTransactionTest, ACallThatNeverEndsIsGivenUp) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  int asked = 0;
  agent.ending = [&](const KafkaCall& call) -> Ending {
    if (call.kind != KafkaCall::Kind::kCommit || asked++ > 100) return {};
    agent.now.monotonic_ns += base::kNsPerSecond;
    return {false, {KafkaAnswer::Kind::kAgain, "timed out", {}}};
  };
  while (agent.transaction.trouble().state == Health::State::kUp) ASSERT_TRUE(agent.step());
  EXPECT_EQ(agent.transaction.trouble().state, Health::State::kUnreachable);
  while (agent.transaction.phase() != Phase::kBroken) ASSERT_TRUE(agent.step());
  agent.run();
  EXPECT_EQ(coordinator.committed, numbered(2));
}

TEST_F(KafkaTransactionTest, AForgottenNumberIsReportedAndMayRepeat) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  agent.run();
  agent.given = 4;
  agent.ending = [&](const KafkaCall& call) -> Ending {
    if (call.kind != KafkaCall::Kind::kCommit) return {};
    return {true, {KafkaAnswer::Kind::kAgain, "not heard", {}}};
  };
  while (coordinator.committed.size() < 4) ASSERT_TRUE(agent.step());
  ASSERT_TRUE(checkpoint.prepared);
  coordinator.numbers.clear();
  TransactionRig again(coordinator, checkpoint);
  again.given = 4;
  again.run();
  EXPECT_THAT(again.notices, ElementsAre(HasSubstr("forgotten")));
  EXPECT_THAT(coordinator.committed, ElementsAre(0, 1, 2, 3, 2, 3));
  EXPECT_EQ(checkpoint.cursor, 4);
}

TEST_F(KafkaTransactionTest, AForgottenNumberIsNobodysBusinessWhenNothingWasOpen) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  agent.run();
  coordinator.numbers.clear();
  TransactionRig again(coordinator, checkpoint);
  again.given = 4;
  again.run();
  EXPECT_THAT(again.notices, IsEmpty());
  EXPECT_EQ(coordinator.committed, numbered(4));
}

TEST_F(KafkaTransactionTest, ANumberAheadOfOursIsReportedAndPassed) {
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  agent.run();
  coordinator.numbers["logs"] = 9;
  TransactionRig again(coordinator, checkpoint);
  again.given = 4;
  again.run();
  EXPECT_THAT(again.notices, ElementsAre(HasSubstr("transaction 9")));
  EXPECT_EQ(checkpoint.state, "10 logs");
}

TEST_F(KafkaTransactionTest, AStateThatIsNotOursSaysNothing) {
  checkpoint.state = "zstd something";
  checkpoint.prepared = {7, "?"};
  TransactionRig agent(coordinator, checkpoint);
  agent.given = 2;
  agent.run();
  EXPECT_EQ(coordinator.committed, numbered(2));
  EXPECT_EQ(checkpoint.state, "1 logs");
}

}  // namespace
}  // namespace sawlog::outputs
