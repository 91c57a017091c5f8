//! Polls until the task has ended, handing its questions to the person.

use std::time::Duration;

use fiveone_engine::SystemTime;
use fiveone_model::clock::Clock as _;
use fiveone_model::product::{Operation, Product};
use fiveone_model::state_code::StateCode;
use serde_json::Value;
use tokio::time::MissedTickBehavior;

use super::keyboard::Keyboard;
use super::picture;
use super::question::Asked;
use super::screen::Screen;
use crate::client::{Client, text};
use crate::config::Pictures;
use crate::exit::{Failed, Reason};
use crate::output::complain;

/// How often the gateway is asked.
const POLL_EVERY: Duration = Duration::from_millis(300);
/// How often while somebody types; the time that is left moves as often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A task that is followed.
pub(super) struct Follower<'a> {
    pub(super) client: &'a Client,
    pub(super) product: Product,
    pub(super) tid: &'a str,
    pub(super) keyboard: &'a mut Keyboard,
    pub(super) screen: &'a mut Screen,
    pub(super) pictures: Pictures,
}

impl Follower<'_> {
    /// The data of the task's end.
    pub(super) async fn follow(&mut self) -> Result<Value, Failed> {
        let mut tick = tokio::time::interval(POLL_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shown: Option<Asked> = None;
        loop {
            tick.tick().await;
            let data = self.poll().await?;
            match Asked::of(&data, SystemTime.now()) {
                // Once its answer was taken no poll shows a question any more: whatever is there, is new,
                // also when it has the same picture and the same words.
                Some(asked) if asked.is_typed => {
                    shown = None;
                    self.answer(&asked).await?;
                    continue;
                }
                Some(asked) => {
                    let is_known = shown.as_ref().is_some_and(|before| before.is(&asked));
                    if !is_known {
                        self.put(&asked)?;
                        shown = Some(asked);
                    }
                    let left = shown.as_ref().map(|asked| asked.left(SystemTime.now()));
                    self.screen.show(&data, left);
                }
                None => {
                    shown = None;
                    self.screen.show(&data, None);
                }
            }
            // A code that is none of a task's life says that there is no such task.
            if StateCode::parse(&text(&data["code"])).is_none_or(StateCode::is_final) {
                return Ok(data);
            }
        }
    }

    async fn poll(&self) -> Result<Value, Failed> {
        self.client.data(self.product, Operation::Report, &[("tid", self.tid)]).await
    }

    /// Shows a question: its picture, and what to do with it.
    fn put(&self, asked: &Asked) -> Result<(), Failed> {
        self.screen.clear();
        complain(&asked.what);
        if asked.is_sms {
            return Ok(());
        }
        let (pictures, is_live) = (self.pictures, self.screen.is_live());
        match picture::drawn(&asked.picture, pictures, is_live) {
            Some(drawn) => complain(drawn.trim_end_matches('\n')),
            None => complain("(这张图片无法在终端显示)"),
        }
        let path = picture::save(&asked.picture)?;
        complain(&format!("看不清？ {} {}", picture::opener(), path.display()));
        complain(&format!("图片: {}", path.display()));
        Ok(())
    }

    /// Asks until something was typed that the gateway takes, or the question is no more.
    async fn answer(&mut self, asked: &Asked) -> Result<(), Failed> {
        self.put(asked)?;
        let label = if asked.is_sms { "短信验证码" } else { asked.what.as_str() };
        loop {
            self.screen.ask(label, Some(asked.left(SystemTime.now())));
            let Some(typed) = self.typed_for(asked).await? else {
                Keyboard::forget();
                complain("\n这个问题已经过去");
                return Ok(());
            };
            if typed.trim().is_empty() {
                complain("没有输入；Ctrl-C 取消任务");
                continue;
            }
            let code = asked.code_for(&typed);
            let params = [("code", code.as_str()), ("tid", self.tid)];
            let taken = self.client.data(self.product, Operation::Code, &params).await?;
            if taken["status"] == 0 {
                return Ok(());
            }
            complain(&text(&taken["message"]));
            if !self.is_open(asked).await? {
                return Ok(());
            }
        }
    }

    /// What is typed while a question is open; `None` when it is no more.
    async fn typed_for(&mut self, asked: &Asked) -> Result<Option<String>, Failed> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                typed = self.keyboard.line() => {
                    let nobody = || Failed::message(Reason::Usage, "nobody is there to type a code");
                    return typed?.map(Some).ok_or_else(nobody);
                }
                _ = look.tick() => {}
            }
            self.screen.count_down(asked.left(SystemTime.now()));
            if !self.is_open(asked).await? {
                return Ok(None);
            }
        }
    }

    async fn is_open(&self, asked: &Asked) -> Result<bool, Failed> {
        let data = self.poll().await?;
        Ok(Asked::of(&data, SystemTime.now()).is_some_and(|now| now.is(asked)))
    }
}
